/** What the log shows before the first message: what to try, or why nothing can come. */

import type { ConnectionState } from "./connection-state.ts";
import type { ConnectionText } from "./connection-text.ts";
import { curlCommand, type PushTarget } from "./push-commands.ts";
import { Command } from "./push-elsewhere.tsx";

interface EmptyStateProps {
  readonly state: ConnectionState;
  readonly text: ConnectionText;
  readonly target: PushTarget;
}

export function EmptyState({ state, text, target }: EmptyStateProps) {
  if (state.kind === "open") return <Invitation target={target} />;
  const advice = adviceFor(state, target.place.host);
  return (
    <div className="empty" data-tone={text.tone}>
      <div className="tide empty-tide" data-tone={text.tone} aria-hidden="true" />
      {/* The status line says the same to screen readers, and says it at once. */}
      <p className="empty-title">{text.title}</p>
      <p>{advice}</p>
    </div>
  );
}

function adviceFor(state: ConnectionState, host: string) {
  if (state.kind === "waiting" || (state.kind === "connecting" && state.failure !== undefined)) {
    return (
      <>
        Is the gateway running at <code>{host}</code>? If it stopped, start it again with{" "}
        <code>pnpm --filter gateway start</code>. This page keeps trying by itself.
      </>
    );
  }
  if (state.kind === "offline") {
    return "Messages appear here as soon as there is a network and the gateway answers.";
  }
  if (state.kind === "stopped") return state.failure.detail;
  return "Messages appear here the moment they are published.";
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
