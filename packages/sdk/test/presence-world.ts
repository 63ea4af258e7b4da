/** Who is on a channel, with the gateway's side of it in the test's hands. */
import type { ConnectOptions } from "../src/index.ts";
import { type PresenceChange, presenceOf, type PresenceOptions } from "../src/presence/index.ts";
import { beginConnected, type FakeSocket, type Line } from "./fake-world.ts";

export const NAME = "kept:1";

export const ZOE = { user: "7", info: { name: "Zoë" } };
export const BOB = { user: "8" };
export const NOBODY = { connection: "Qd1.5" };

export const members = (...all: object[]) => ({
  type: "members",
  channel: NAME,
  members: all,
  total: all.length,
});
export const presence = (total: number, lists: object = {}) => ({
  type: "presence",
  channel: NAME,
  total,
  ...lists,
});

/** The gateway's answer to a request, by what was asked. */
export function answer(socket: FakeSocket, line: Line | undefined, fields: object): void {
  socket.say({ id: line?.id, channel: NAME, ...fields });
}

/** The gateway's answer to `subscribe`. */
export function confirm(socket: FakeSocket, line: Line | undefined, fields: object = {}): void {
  answer(socket, line, { type: "subscribed", resumable: true, position: "p0", ...fields });
}

export function refuse(socket: FakeSocket, line: Line | undefined, code: string, retry = false): void {
  answer(socket, line, { type: "error", code, message: "no", retry });
}

/** Someone who wants to know who is there, and what the gateway was asked. */
export async function beginWatching(given: PresenceOptions = {}, options: ConnectOptions = {}) {
  const begun = await beginConnected(options);
  const channel = begun.client.channel(NAME);
  const here = presenceOf(channel);
  const changes: PresenceChange[] = [];
  const subscription = here.subscribe((change) => changes.push(change), given);
  const [line] = await begun.socket.lines();
  return { ...begun, channel, here, changes, subscription, line };
}

/** The same, of which the gateway has said that these are there. */
export async function beginKnowing(...all: object[]) {
  const begun = await beginWatching();
  confirm(begun.socket, begun.line);
  begun.socket.say(members(...all));
  begun.changes.splice(0);
  return begun;
}
