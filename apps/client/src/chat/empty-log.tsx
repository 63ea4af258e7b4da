/** What the log shows before the first message: what to try, or why nothing can come. */

import type { SubscriptionState } from "@tidewire/sdk";
import type { ConnectionText } from "../connection/connection-text.ts";
import { curlCommand, publisherCommand, type PushTarget } from "../outside/push-commands.ts";
import { Command } from "../outside/push-elsewhere.tsx";
import type { RoomKind } from "../rooms/room-kind.ts";

interface EmptyLogProps {
  readonly kind: RoomKind;
  readonly subscription: SubscriptionState;
  readonly connection: ConnectionText;
  readonly target: PushTarget;
  /** The form below asks who is there, before anything can be said. */
  readonly isNameWanted: boolean;
}

export function EmptyLog({ kind, subscription, connection, target, isNameWanted }: EmptyLogProps) {
  if (connection.tone === "good" && subscription.kind === "subscribed") {
    return <Invitation kind={kind} target={target} isNameWanted={isNameWanted} />;
  }
  // The room says above why it has ended.
  if (subscription.kind === "ended" && connection.isConnected) return null;
  const isJoining = connection.tone === "good";
  return (
    <div className="empty" data-tone={isJoining ? "busy" : connection.tone}>
      <div className="tide empty-tide" data-tone={isJoining ? "busy" : connection.tone} aria-hidden="true" />
      {/* The status line says the same to screen readers, and says it at once. */}
      <p className="empty-title">{isJoining ? "Joining the room…" : connection.title}</p>
      <Patience connection={connection} target={target} />
    </div>
  );
}

function Patience({ connection, target }: Pick<EmptyLogProps, "connection" | "target">) {
  switch (connection.tone) {
    case "bad":
      return (
        <>
          <p>{connection.detail}</p>
          {connection.isTokenWanted === true && <SignIn place={target.place} />}
        </>
      );
    case "warning":
      return (
        <p>
          Is the gateway running at <code>{target.place.host}</code>? If it stopped, start it again with{" "}
          <code>pnpm --filter gateway start</code>. This page keeps trying by itself.
        </p>
      );
    case "good":
    case "busy":
      return <p>Messages appear here the moment they are published.</p>;
    default:
      return connection.tone satisfies never;
  }
}

function SignIn({ place: { protocol, host } }: Pick<PushTarget, "place">) {
  const command = {
    title: "A token for user 7",
    note: "In Tidewire’s folder, with the gateway’s `JWT_SECRET`; it stands in for your server, which signs people in.",
    code: "pnpm --filter publisher exec token --sub 7",
  };
  return (
    <>
      <p>To sign in, open this page with a token in its address:</p>
      <p>
        <code>{`${protocol}//${host}`}/?token=…</code>
      </p>
      <ul className="commands">
        <Command command={command} />
      </ul>
    </>
  );
}

type InvitationProps = Pick<EmptyLogProps, "kind" | "target" | "isNameWanted">;

function Invitation({ kind, target, isNameWanted }: InvitationProps) {
  switch (kind) {
    case "people":
    case "direct":
      return <TalkInvitation kind={kind} isNameWanted={isNameWanted} />;
    case "own":
      return <OwnInvitation target={target} />;
    case "open":
      return <OpenInvitation target={target} />;
    default:
      return kind satisfies never;
  }
}

function TalkInvitation({ kind, isNameWanted }: Pick<InvitationProps, "kind" | "isNameWanted">) {
  const first = isNameWanted ? "Join in below, then say something" : "Say something below";
  return (
    <div className="empty" data-tone="good">
      <div className="tide empty-tide" data-tone="good" aria-hidden="true" />
      <p className="empty-title">{kind === "people" ? "Nobody has said anything yet" : "Only you two"}</p>
      <p>
        {kind === "people"
          ? `${first}, or open this page in a second window and talk to yourself.`
          : "The first message tells the other that there is a conversation, also when they are away and their inbox is kept."}
      </p>
    </div>
  );
}

function OwnInvitation({ target }: Pick<EmptyLogProps, "target">) {
  const command = { title: "From Tidewire’s folder", code: publisherCommand(target) };
  return (
    <div className="empty" data-tone="good">
      <div className="tide empty-tide" data-tone="good" aria-hidden="true" />
      <p className="empty-title">Nothing has arrived for you yet</p>
      <p>
        What a server publishes to you, user <code>{target.ownUser}</code>, appears here at once, and nobody
        else gets it. Try it:
      </p>
      <ul className="commands">
        <Command command={command} />
      </ul>
    </div>
  );
}

function OpenInvitation({ target }: { readonly target: PushTarget }) {
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
