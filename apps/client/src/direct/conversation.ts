/** A conversation of two, as one of them knows it. */

import { defineChannel, type TypedChannel } from "@tidewire/sdk";
import { isFields } from "../fields.ts";
import { tidyName } from "../self/self.ts";
import { otherOf } from "./direct-channel.ts";

export interface Conversation {
  readonly channel: string;
  /** The other's, as they call themselves. */
  readonly name: string;
  /** The other's. */
  readonly id: string;
  /** Since when there may be something to read. Milliseconds since 1970. */
  readonly sinceMs: number;
}

/** What is published on somebody's inbox: who wants to talk to them, and where. */
export interface Invitation {
  readonly channel: string;
  readonly name: string;
  readonly id: string;
}

export function readInvitation(value: unknown): Invitation | undefined {
  if (!isFields(value)) return undefined;
  const { channel, name, id } = value;
  if (typeof channel !== "string" || typeof name !== "string" || typeof id !== "string") return undefined;
  return { channel, name: tidyName(name) || id, id };
}

/** Standard Schema by hand: for one small form, a library would be most of what the page loads. */
const invitationSchema: TypedChannel<Invitation, Invitation>["schema"] = {
  "~standard": {
    version: 1,
    vendor: "tidewire",
    validate: (value) => {
      const invitation = readInvitation(value);
      return invitation ? { value: invitation } : { issues: [{ message: "This is no invitation." }] };
    },
  },
};

export const inbox = defineChannel("inbox:*", invitationSchema);

/** Somebody may publish anything on an inbox: it counts only where it names the conversation of these two. */
export function invitedTo(
  { channel, name, id }: Invitation,
  sender: string | undefined,
  self: { readonly id: string; readonly user: string | undefined },
): Omit<Conversation, "sinceMs"> | undefined {
  const other = self.user === undefined ? id : sender;
  if (other === undefined || other === self.id || otherOf(channel, self.id) !== other) return undefined;
  return { channel, name, id: other };
}

export function readConversation(value: unknown): Conversation | undefined {
  const invitation = readInvitation(value);
  if (!invitation || !isFields(value)) return undefined;
  const { sinceMs } = value;
  return typeof sinceMs === "number" ? { ...invitation, sinceMs } : undefined;
}
