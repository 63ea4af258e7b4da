/** A room of presence whose broker is in the test's hands, and what its readers were told. */
import type { Member, MembersPage, Presence, PresenceChange, PresenceNotice, Result } from "@tidewire/broker";
import { vi } from "vitest";
import { V1_ROOM } from "../src/presence-form.ts";
import { type ListReader, listReader } from "../src/presence-lists.ts";
import type { NoticeReader } from "../src/presence-notices.ts";
import { PresenceRoom } from "../src/presence-room.ts";
import { FakeConnection } from "./fake-connection.ts";

export type Texts = Readonly<Record<string, unknown>>[];

export const someone = (id: string): Member => ({ id: `u:${id}`, info: "" });

/** The texts of all that was written, which must be short. */
export function textsOf({ writes }: FakeConnection): Texts {
  const bytes = Buffer.concat(writes.splice(0));
  const texts: Texts = [];
  for (let at = 0; at < bytes.length;) {
    const short = bytes[at + 1] ?? 0;
    const [start, length] = short < 126 ? [2, short] : [4, bytes.readUInt16BE(at + 2)];
    texts.push(JSON.parse(bytes.toString("utf8", at + start, at + start + length)) as Texts[number]);
    at += start + length;
  }
  return texts;
}

/** As a word each: `+8`, `-8`. */
export function wordsOf(connection: FakeConnection): string[] {
  return textsOf(connection).map(({ type, user }) => `${type === "user-joined" ? "+" : "-"}${String(user)}`);
}

/** Of a push of a big room. */
export function isNumber(push: Texts[number]): boolean {
  return Object.keys(push).join() === "type,channel,total";
}

export function plainReader(connection: FakeConnection, self = "7"): NoticeReader {
  return {
    kind: "notices",
    self: `u:${self}`,
    get isBusy() {
      return connection.isBusy;
    },
    whenIdle: (action) => connection.whenIdle(action),
    write: (frames) => connection.write(frames),
    refuse: () => connection.refuse("room"),
  };
}

/** Under fake timers. */
export class World {
  readonly watching = Promise.withResolvers<Result<void>>();
  /** What asked for the members and was not answered yet. */
  readonly asking: ((result: Result<MembersPage>) => void)[] = [];
  readonly room: PresenceRoom;
  readonly refusals: string[] = [];
  #number = 0;

  constructor(maxShown = 10) {
    const presence: Pick<Presence, "watch" | "unwatch" | "members"> = {
      watch: () => this.watching.promise,
      unwatch: () => {},
      members: () => new Promise((resolve) => this.asking.push(resolve)),
    };
    const onRefused = ({ code }: { readonly code: string }) => this.refusals.push(code);
    this.room = new PresenceRoom({ channel: "room", presence, maxShown, onRefused });
  }

  async watch(result: Result<void> = { ok: true, value: undefined }): Promise<this> {
    this.watching.resolve(result);
    await vi.advanceTimersByTimeAsync(0);
    return this;
  }

  async answer(names: string, { isComplete = true, total }: { isComplete?: boolean; total?: number } = {}) {
    const members = names.split(" ").filter(Boolean).map(someone);
    const version = { epoch: "e", number: this.#number };
    await this.reply({
      ok: true,
      value: { members, total: total ?? members.length, hasMore: false, version, isComplete },
    });
  }

  async reply(result: Result<MembersPage>): Promise<void> {
    this.asking.shift()?.(result);
    await vi.advanceTimersByTimeAsync(0);
  }

  /** @param words `+8` for one who joins, `-8` for one who leaves */
  notice(words: string): PresenceNotice {
    const previous = this.#number;
    this.#number += 1;
    const changes = words.split(" ").map((word): PresenceChange => {
      const { id, info } = someone(word.slice(1));
      return word.startsWith("+") ? { kind: "joined", member: { id, info } } : { kind: "left", id };
    });
    return { version: { epoch: "e", number: this.#number }, previous, changes };
  }

  /** The same, with nothing else for a while. */
  async hear(words: string): Promise<void> {
    this.room.hear(this.notice(words));
    await vi.advanceTimersByTimeAsync(50);
  }

  watcher(): FakeConnection {
    return this.arrive()[0];
  }

  arrive(): [FakeConnection, ListReader] {
    const connection = new FakeConnection();
    const reader = listReader(connection, V1_ROOM);
    this.room.add(reader);
    return [connection, reader];
  }

  plain(self?: string): FakeConnection {
    const connection = new FakeConnection();
    this.room.add(plainReader(connection, self));
    return connection;
  }
}

export function becomeIdle(connection: FakeConnection): void {
  connection.isBusy = false;
  for (const action of connection.idleActions.splice(0)) action();
}
