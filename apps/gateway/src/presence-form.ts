/** How who is there looks to the readers of one protocol. */
import type { PresenceMember } from "./presence-member.ts";
import { memberJson } from "./presence-member.ts";
import { textFrame } from "./frame.ts";

/** What has changed since readers were told last. A member is in one list at most. */
export interface RoomChanges {
  readonly joined: readonly PresenceMember[];
  /** Ids. */
  readonly left: readonly string[];
  readonly updated: readonly PresenceMember[];
  /** After the changes. */
  readonly total: number;
}

/** Whole frames, which all readers of a channel share. */
export interface RoomForm {
  /** All who are there, by id. If that is not certain, another one follows. */
  members(channel: string, members: ReadonlyMap<string, string>, isComplete: boolean): Buffer;
  changes(channel: string, changes: RoomChanges): Buffer;
  /** Of a room of which only the number is told. */
  total(channel: string, total: number): Buffer;
}

export const V1_ROOM: RoomForm = {
  members: (channel, members, isComplete) => {
    const list = Array.from(members, ([id, info]) => memberJson(id, info)).join(",");
    const rest = `"total":${members.size}${isComplete ? "" : ',"complete":false'}`;
    return lineOf("members", channel, `"members":[${list}],${rest}`);
  },
  changes: (channel, { joined, left, updated, total }) => {
    const lists = [
      ...listOf("joined", joined),
      ...listOf(
        "left",
        left.map((id) => ({ id, info: "" })),
      ),
      ...listOf("updated", updated),
    ];
    return lineOf("presence", channel, [...lists, `"total":${total}`].join(","));
  },
  total: (channel, total) => lineOf("presence", channel, `"total":${total}`),
};

function listOf(name: string, members: readonly PresenceMember[]): string[] {
  if (members.length === 0) return [];
  return [`"${name}":[${members.map(({ id, info }) => memberJson(id, info)).join(",")}]`];
}

function lineOf(type: string, channel: string, rest: string): Buffer {
  return textFrame([Buffer.from(`{"type":"${type}","channel":${JSON.stringify(channel)},${rest}}`)]);
}
