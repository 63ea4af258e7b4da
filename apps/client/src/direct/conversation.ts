/** A conversation of two, as one of them knows it. */

import { defineChannel, type TypedChannel } from "@tidewire/sdk";
import { isFields } from "../fields.ts";
import { nameOfId, tidyName } from "../self/self.ts";
import { isDirectChannel, otherOf } from "./direct-channel.ts";

export interface Conversation {
  readonly channel: string;
  /** The other's, as they call themselves. */
  readonly name: string;
  /** The other's. */
  readonly id: string;
  /** Since when there may be something to read. Milliseconds since 1970. */
  readonly sinceMs: number;
  /** When the other invited to it last, by the gateway's clock; 0 for never. */
  readonly invitedMs: number;
  /** Taken off the list, until the other invites again. */
  readonly isLeft: boolean;
  /** Whether the person in front of the page has begun it, or written in it. */
  readonly isOwn: boolean;
}

/** What somebody has to know to begin one. */
export type Correspondent = Pick<Conversation, "channel" | "name" | "id">;

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
  return { channel, name: tidyName(name) || nameOfId(id), id };
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
): Correspondent | undefined {
  const other = self.user === undefined ? id : sender;
  if (other === undefined || other === self.id || otherOf(channel, self.id) !== other) return undefined;
  return { channel, name, id: other };
}

export function readConversation(value: unknown): Conversation | undefined {
  const invitation = readInvitation(value);
  if (!invitation || !isFields(value) || !isDirectChannel(invitation.channel)) return undefined;
  const { sinceMs, invitedMs, isLeft, isOwn } = value;
  if (typeof sinceMs !== "number" || typeof invitedMs !== "number") return undefined;
  return { ...invitation, sinceMs, invitedMs, isLeft: isLeft === true, isOwn: isOwn === true };
}

const MAX_CONVERSATIONS = 50;

/**
 * One that is known stays, under the newest name. Invitations are kept, and come again with each visit: one that was
 * there before somebody has left does not bring them back.
 */
export function withConversation(
  list: readonly Conversation[],
  added: Conversation,
): readonly Conversation[] {
  const known = list.find(({ channel }) => channel === added.channel);
  if (!known) return withAnother(list, added);
  const { name, sinceMs, isLeft } = known;
  const isNews = added.isOwn || added.invitedMs > known.invitedMs;
  if (!isNews || (added.isOwn && known.isOwn && name === added.name && !isLeft)) return list;
  const invitedMs = Math.max(known.invitedMs, added.invitedMs);
  const since = isLeft ? added.sinceMs : sinceMs;
  const isOwn = known.isOwn || added.isOwn;
  const changed = { ...known, name: added.name, sinceMs: since, invitedMs, isLeft: false, isOwn };
  return list.map((each) => (each === known ? changed : each));
}

/** However many invite, they take the place of each other, and of none that was there before them. */
function withAnother(list: readonly Conversation[], added: Conversation): readonly Conversation[] {
  if (list.length < MAX_CONVERSATIONS) return [...list, added];
  const least = list.find(({ isLeft }) => isLeft) ?? list.findLast(({ isOwn }) => !isOwn);
  if (!least && !added.isOwn) return list;
  const last = least ?? list[0];
  return [...list.filter((each) => each !== last), added];
}

export function conversationOn(
  channel: string,
  conversations: readonly Conversation[],
): Conversation | undefined {
  return conversations.find((each) => each.channel === channel);
}
