/**
 * Readers of a room that are told of comings and goings alone, and of their own member nothing.
 *
 * After a time of which nothing is known, or in which a reader did not read or the room was big, it is told of the
 * difference. Invariant: what a reader was told leads from those who were there when it came to those who are there,
 * once it reads and they are known. For one that does not read, no more is held than the ids of whom it was told last,
 * shared with all who were told the same.
 */
import type { RoomListener, RoomSource } from "./presence-audience.ts";
import type { RoomChanges } from "./presence-changes.ts";
import { joinedFrame, leftFrame } from "./presence-form.ts";
import type { PresenceMember } from "./presence-member.ts";

export interface NoticeReader extends RoomListener {
  readonly kind: "notices";
  /** The id of its own member. */
  readonly self: string;
  /** Nothing is told any more. */
  refuse(): void;
}

type Ids = ReadonlySet<string>;

interface Knowledge {
  /** Those who were there as it was told last; `undefined` while it begins with whatever is known next. */
  told: Ids | undefined;
  /** Whether it was certain at any time since it came who was there. */
  isCertain: boolean;
  /** Whether it has to read first. */
  isBehind: boolean;
}

export class NoticeReaders {
  readonly #room: RoomSource;
  readonly #readers = new Map<NoticeReader, Knowledge>();
  /** In a small room, what all know who are not behind: they have this very object. */
  #present: Set<string> = new Set();

  constructor(room: RoomSource) {
    this.#room = room;
  }

  get size(): number {
    return this.#readers.size;
  }

  /** What has changed by now must have been told. */
  add(reader: NoticeReader): void {
    const view = this.#room.view();
    const isSmall = view?.kind === "small";
    // Without readers nobody kept it up.
    if (isSmall && this.size === 0) this.#present = new Set(view.members.keys());
    this.#readers.set(reader, {
      told: isSmall ? this.#present : undefined,
      isCertain: isSmall && view.isComplete,
      isBehind: false,
    });
  }

  remove(reader: NoticeReader): void {
    this.#readers.delete(reader);
  }

  /**
   * It is known, anew, who is there. To a reader for which that was never certain, one who appears without having been
   * announced was there already.
   *
   * @param announced ids of whom was heard since it was known last that they have come
   */
  begin(announced: Ids): void {
    const view = this.#room.view();
    if (view?.kind !== "small" || this.size === 0) return;
    const before = this.#present;
    this.#present = new Set(view.members.keys());
    const found = [...this.#present].filter((id) => !before.has(id) && !announced.has(id));
    const additions = new Additions(found);
    const differences = new Differences(view.members);
    for (const [reader, knowledge] of this.#readers) {
      if (knowledge.told && !knowledge.isCertain) knowledge.told = additions.to(knowledge.told);
      knowledge.isCertain ||= view.isComplete;
      if (!knowledge.isBehind) this.#catchUp(reader, knowledge, differences);
    }
  }

  change({ joined, left }: RoomChanges): void {
    if (this.size === 0 || joined.length + left.length === 0) return;
    const notices = new Notices(joined, left);
    const before = this.#present;
    this.#present = new Set(before);
    for (const { id } of joined) this.#present.add(id);
    for (const id of left) this.#present.delete(id);
    for (const [reader, knowledge] of this.#readers) {
      if (knowledge.told !== before || knowledge.isBehind) continue;
      this.#tell(reader, knowledge, notices);
    }
  }

  /** Nothing is told any more. */
  refuse(): void {
    const readers = [...this.#readers.keys()];
    this.#readers.clear();
    for (const reader of readers) reader.refuse();
  }

  #catchUp(reader: NoticeReader, knowledge: Knowledge, differences: Differences): void {
    this.#tell(reader, knowledge, knowledge.told && differences.since(knowledge.told));
  }

  /** With these it knows who is there now. */
  #tell(reader: NoticeReader, knowledge: Knowledge, notices: Notices | undefined): void {
    const frames = notices?.framesFor(reader.self);
    if (frames && reader.isBusy) return this.#wait(reader, knowledge);
    knowledge.told = this.#present;
    if (frames) reader.write(frames);
  }

  #wait(reader: NoticeReader, knowledge: Knowledge): void {
    knowledge.isBehind = true;
    reader.whenIdle(() => this.#room.whenTold(() => this.#resume(reader, knowledge)));
  }

  #resume(reader: NoticeReader, knowledge: Knowledge): void {
    if (this.#readers.get(reader) !== knowledge) return;
    knowledge.isBehind = false;
    const view = this.#room.view();
    if (view?.kind === "small") this.#catchUp(reader, knowledge, new Differences(view.members));
  }
}

/** Some ids beside those of whom readers were told, put together once for all who were told the same. */
class Additions {
  readonly #ids: readonly string[];
  readonly #sums = new Map<Ids, Ids>();

  constructor(ids: readonly string[]) {
    this.#ids = ids;
  }

  /** With none, it is the same set. */
  to(told: Ids): Ids {
    if (this.#ids.length === 0) return told;
    const sum = this.#sums.get(told) ?? new Set([...told, ...this.#ids]);
    this.#sums.set(told, sum);
    return sum;
  }
}

/** What has become of those of whom readers were told, reckoned once for all who were told the same. */
class Differences {
  readonly #members: ReadonlyMap<string, string>;
  readonly #known = new Map<Ids, Notices>();

  constructor(members: ReadonlyMap<string, string>) {
    this.#members = members;
  }

  since(told: Ids): Notices {
    const notices = this.#known.get(told) ?? this.#reckon(told);
    this.#known.set(told, notices);
    return notices;
  }

  #reckon(told: Ids): Notices {
    const joined: PresenceMember[] = [];
    for (const [id, info] of this.#members) if (!told.has(id)) joined.push({ id, info });
    return new Notices(
      joined,
      Array.from(told).filter((id) => !this.#members.has(id)),
    );
  }
}

/** Some comings and goings, encoded once. */
class Notices {
  readonly #frames = new Map<string, Buffer>();
  #all: Buffer | undefined;

  constructor(joined: readonly PresenceMember[], left: readonly string[]) {
    for (const { id, info } of joined) this.#frames.set(id, joinedFrame(id, info));
    for (const id of left) this.#frames.set(id, leftFrame(id));
  }

  /** Those of all others; `undefined` where there are none. */
  framesFor(self: string): Buffer | undefined {
    const frames = this.#frames;
    if (!frames.has(self)) {
      if (frames.size > 0) this.#all ??= Buffer.concat([...frames.values()]);
      return this.#all;
    }
    if (frames.size === 1) return undefined;
    return Buffer.concat(Array.from(frames).flatMap(([id, frame]) => (id === self ? [] : [frame])));
  }
}
