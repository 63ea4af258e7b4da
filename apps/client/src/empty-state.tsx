/** What the log shows before the first message: what to try, or why nothing can come. */

import type { ConnectionText } from "./connection-text.ts";
import type { Outlook } from "./outlook.ts";
import { curlCommand, type PushTarget } from "./push-commands.ts";
import { Command } from "./push-elsewhere.tsx";

interface EmptyStateProps {
  readonly outlook: Outlook;
  readonly text: ConnectionText;
  readonly hasNetwork: boolean;
  readonly target: PushTarget;
}

export function EmptyState({ outlook, text, hasNetwork, target }: EmptyStateProps) {
  if (text.tone === "good") return <Invitation target={target} />;
  const isAway = hasNetwork && outlook.failure !== undefined;
  return (
    <div className="empty" data-tone={text.tone}>
      <div className="tide empty-tide" data-tone={text.tone} aria-hidden="true" />
      {/* The status line says the same to screen readers, and says it at once. */}
      <p className="empty-title">{text.title}</p>
      <p>{text.tone === "bad" ? text.detail : isAway ? <Advice host={target.place.host} /> : PATIENCE}</p>
    </div>
  );
}

const PATIENCE = "Messages appear here the moment they are published.";

function Advice({ host }: { readonly host: string }) {
  return (
    <>
      Is the gateway running at <code>{host}</code>? If it stopped, start it again with{" "}
      <code>pnpm --filter gateway start</code>. This page keeps trying by itself.
    </>
  );
}

function Invitation({ target }: { readonly target: PushTarget }) {
  const command = { title: "From a terminal here", code: curlCommand(target) };
  return (
    <div className="empty" data-tone="good">
      <div className="tide empty-tide" data-tone="good" aria-hidden="true" />
      <p className="empty-title">Nothing has arrived yet</p>
      <p>
        What anyone publishes on <code>{target.channel}</code> appears here at once. Write something below,
        open this page in a second window, or push:
      </p>
      <ul className="commands">
        <Command command={command} />
      </ul>
    </div>
  );
}
