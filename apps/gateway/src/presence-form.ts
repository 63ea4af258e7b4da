/** How who is there looks to the readers of one protocol. */
import type { Refusal } from "@tidewire/protocol";
import { textFrame } from "./frame.ts";
import type { RoomChanges } from "./presence-changes.ts";
import { memberJson, type PresenceMember } from "./presence-member.ts";

/** Whole frames, which all readers of a channel share. */
export interface RoomForm {
  /** All who are there, by id. If that is not certain, another one follows. */
  members(channel: string, members: ReadonlyMap<string, string>, isComplete: boolean): Buffer;
  changes(channel: string, changes: RoomChanges): Buffer;
  /** Of a room of which only the number is told. */
  total(channel: string, total: number): Buffer;
  /** Nothing is told any more. */
  refused(channel: string, refusal: Refusal): Buffer;
}

/** A push of v1 as JSON text. */
type Wrap = (type: "members" | "presence", json: string) => Buffer;

/** Lines of JSON, each in a frame of its own. */
export const V1_ROOM = createForm((_type, json) => textFrame([Buffer.from(json)]));

/** Server-sent events with the same JSON. They have no `id`, so that a reader's position stays what it is. */
export const EVENTS_ROOM = createForm((type, json) => Buffer.from(`event: ${type}\ndata: ${json}\n\n`));

/** As plain clients are told: one frame each. */
export function joinedFrame(id: string, info: string): Buffer {
  return noticeFrame("user-joined", memberJson(id, info));
}

export function leftFrame(id: string): Buffer {
  return noticeFrame("user-left", memberJson(id));
}

function noticeFrame(type: string, member: string): Buffer {
  return textFrame([Buffer.from(`{"type":"${type}",${member.slice(1)}`)]);
}

function createForm(wrap: Wrap): RoomForm {
  const push = (type: "members" | "presence", channel: string, rest: string) =>
    wrap(type, `{"type":"${type}","channel":${JSON.stringify(channel)},${rest}}`);
  return {
    members: (channel, members, isComplete) => {
      const list = Array.from(members, ([id, info]) => memberJson(id, info)).join(",");
      const rest = `"total":${members.size}${isComplete ? "" : ',"complete":false'}`;
      return push("members", channel, `"members":[${list}],${rest}`);
    },
    changes: (channel, { joined, left, updated, total }) => {
      const gone = left.map((id) => ({ id, info: "" }));
      const lists = [
        ...listOf("joined", joined),
        ...listOf("left", gone),
        ...listOf("updated", updated),
        `"total":${total}`,
      ];
      return push("presence", channel, lists.join(","));
    },
    total: (channel, total) => push("presence", channel, `"total":${total}`),
    // Who does not know the code takes it for a big room, of which nobody is named either.
    refused: (channel, refusal) =>
      push("presence", channel, `"total":0,${JSON.stringify(refusal).slice(1, -1)}`),
  };
}

function listOf(name: string, members: readonly PresenceMember[]): string[] {
  if (members.length === 0) return [];
  return [`"${name}":[${members.map(({ id, info }) => memberJson(id, info)).join(",")}]`];
}
