/** One stream in memory. Invariant: entries leave it at its old end only, so behind one that is there none is missing. */
import { randomBytes } from "node:crypto";
import type { Publication } from "./broker.ts";
import { compareIds, NO_DIGEST } from "./position.ts";
import { digestOf, fieldsOf } from "./stream-entry.ts";
import type { Entry, Page, Position, ReadRequest, Retention, Stretch } from "./streams.ts";

export class MemoryStream {
  readonly #now: () => number;
  readonly #start: Position;
  readonly #entries: Entry[] = [];
  #head: Position;
  /** When it was made, or nobody followed it any more, in milliseconds since 1970. */
  #leftMs: number;
  #isTrimmed = false;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
    this.#leftMs = now();
    const epoch = randomBytes(12).toString("base64url");
    this.#start = { epoch, id: "0-0", digest: NO_DIGEST };
    this.#head = this.#start;
  }

  get head(): Position {
    return this.#head;
  }

  append(publication: Publication): Entry {
    const digest = digestOf(fieldsOf(publication));
    const position = { epoch: this.#head.epoch, id: this.#nextId(), digest };
    // It stays longer than the buffer that it may be a view of should.
    const entry = { position, publication: { ...publication, payload: Buffer.from(publication.payload) } };
    this.#entries.push(entry);
    this.#head = position;
    return entry;
  }

  read({ stretch, limit, maxBytes }: ReadRequest): Page {
    const [from, to] = this.#bounds(stretch);
    const isForwards = stretch.kind === "after";
    const count = this.#countFitting(isForwards ? [from, to, 1] : [to - 1, from - 1, -1], limit, maxBytes);
    const entries = isForwards
      ? this.#entries.slice(from, from + count)
      : this.#entries.slice(to - count, to);
    const isComplete = stretch.kind === "last" || this.#isCertain(stretch.position);
    return { entries, head: this.#head, isComplete, hasMore: count < to - from };
  }

  trim({ maxLength = Number.POSITIVE_INFINITY, maxAgeMs = Number.POSITIVE_INFINITY }: Retention): void {
    const oldestId = `${Math.max(0, this.#now() - maxAgeMs)}-0`;
    const young = this.#entries.findIndex(({ position }) => compareIds(position.id, oldestId) >= 0);
    const old = young === -1 ? this.#entries.length : young;
    const count = Math.max(old, this.#entries.length - maxLength);
    if (count > 0) this.#isTrimmed = true;
    this.#entries.splice(0, count);
  }

  /** Nobody follows it any more. */
  leave(): void {
    this.#leftMs = this.#now();
  }

  /** Whether its newest entry is, and whoever followed it last left before that. */
  isOlderThan(ageMs: number): boolean {
    const newestMs = Number(this.#head.id.split("-", 1)[0]);
    return Math.max(newestMs, this.#leftMs) + ageMs < this.#now();
  }

  /** Which entries are meant, from the first index up to the second. */
  #bounds(stretch: Stretch): [from: number, to: number] {
    const { length } = this.#entries;
    if (stretch.kind === "last") return [0, length];
    const { id } = stretch.position;
    // Readers are near the end.
    const at = this.#entries.findLastIndex(({ position }) => compareIds(position.id, id) <= 0);
    if (stretch.kind === "after") return [at + 1, length];
    return [0, this.#entries[at]?.position.id === id ? at : at + 1];
  }

  /** How many entries may be taken, from the first index on. */
  #countFitting(
    [from, end, step]: readonly [number, number, 1 | -1],
    limit: number,
    maxBytes: number,
  ): number {
    let count = 0;
    let bytes = 0;
    for (let at = from; at !== end && count < limit; at += step) {
      bytes += this.#entries[at]?.publication.payload.length ?? 0;
      if (count > 0 && bytes > maxBytes) break;
      count += 1;
    }
    return count;
  }

  #isCertain(position: Position): boolean {
    if (isSame(position, this.#head)) return true;
    if (isSame(position, this.#start)) return !this.#isTrimmed;
    return this.#entries.some((entry) => isSame(position, entry.position));
  }

  #nextId(): string {
    const [milliseconds = "", sequence = ""] = this.#head.id.split("-");
    const nowMs = this.#now();
    // The clock may be set back; ids never go back.
    return nowMs > Number(milliseconds) ? `${nowMs}-0` : `${milliseconds}-${Number(sequence) + 1}`;
  }
}

function isSame(a: Position, b: Position): boolean {
  return a.epoch === b.epoch && a.id === b.id && a.digest === b.digest;
}
