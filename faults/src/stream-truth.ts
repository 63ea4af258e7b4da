/**
 * All that is known to have been in a stream: what is in it at the end, what readers were given, what was acknowledged.
 *
 * A stream that is deleted and written again within a millisecond has the same ids again: an id alone names no entry.
 */
import { compareIds } from "@tidewire/broker";
import type { Publication } from "./publication.ts";
import type { ReaderRecord } from "./record.ts";

export interface StreamEntry {
  readonly id: string;
  readonly mark: string;
}

export class StreamTruth {
  /** At each id, in all lives of the stream. */
  readonly #marks = new Map<string, Set<string>>();
  readonly #ids = new Map<string, string[]>();
  /** Where each is by the stream itself or by the answer to its publisher. */
  readonly #sureIds = new Map<string, Set<string>>();
  /** What is in it at the end. */
  readonly #last: ReadonlySet<string>;
  readonly #sorted: readonly string[];

  constructor(
    last: readonly StreamEntry[],
    records: readonly ReaderRecord[],
    publications: readonly Publication[],
  ) {
    this.#last = new Set(last.map(({ id, mark }) => `${id} ${mark}`));
    const acknowledged = publications.flatMap(({ id, mark }) => (id === undefined ? [] : [{ id, mark }]));
    for (const { id, mark } of [...last, ...acknowledged]) {
      this.#add(id, mark);
      this.#sureIds.set(mark, (this.#sureIds.get(mark) ?? new Set()).add(id));
    }
    for (const { events } of records) {
      for (const event of events)
        if (event.kind === "message" && event.id !== undefined) this.#add(event.id, event.mark);
    }
    this.#sorted = [...this.#marks.keys()].toSorted(compareIds);
  }

  /** What stands, or stood, at the id. */
  marksAt(id: string): string {
    return [...(this.#marks.get(id) ?? [])].join(" or ");
  }

  /** Whether it is known to be elsewhere, and not there. */
  isElsewhere(mark: string, id: string): boolean {
    const ids = this.#sureIds.get(mark);
    return ids !== undefined && !ids.has(id);
  }

  /** Whether it is in the stream at the end. */
  isThere(mark: string, id: string): boolean {
    return this.#last.has(`${id} ${mark}`);
  }

  isKnown(mark: string): boolean {
    return this.#ids.has(mark);
  }

  /** For readers that are told no positions: where they are, if they were at `after` before. */
  idOf(mark: string, after: string | undefined): string | undefined {
    const ids = this.#ids.get(mark) ?? [];
    return ids.find((id) => after === undefined || compareIds(id, after) > 0) ?? ids[0];
  }

  /** Between both, without them. */
  between(from: string, to: string): string[] {
    const found: string[] = [];
    for (let index = this.#firstAfter(from); index < this.#sorted.length; index += 1) {
      const id = this.#sorted[index] as string;
      if (compareIds(id, to) >= 0) break;
      found.push(id);
    }
    return found;
  }

  #firstAfter(id: string): number {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareIds(this.#sorted[middle] as string, id) > 0) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #add(id: string, mark: string): void {
    const marks = this.#marks.get(id) ?? new Set();
    if (marks.has(mark)) return;
    this.#marks.set(id, marks.add(mark));
    this.#ids.set(mark, [...(this.#ids.get(mark) ?? []), id]);
  }
}
