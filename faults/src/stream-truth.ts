/** All that is known to have been in a stream: what is in it at the end, what readers were given, what was acknowledged. */
import { compareIds } from "@tidewire/broker";
import type { Publication } from "./publication.ts";
import type { ReaderRecord } from "./record.ts";

export interface StreamEntry {
  readonly id: string;
  readonly mark: string;
}

export class StreamTruth {
  /** What is in it at the end. */
  readonly last: readonly StreamEntry[];
  readonly #marks = new Map<string, string>();
  readonly #ids = new Map<string, string[]>();
  readonly #lastIds: ReadonlySet<string>;
  readonly #sorted: readonly string[];

  constructor(
    last: readonly StreamEntry[],
    records: readonly ReaderRecord[],
    publications: readonly Publication[],
  ) {
    this.last = last;
    this.#lastIds = new Set(last.map(({ id }) => id));
    for (const { id, mark } of last) this.#add(id, mark);
    for (const { id, mark } of publications) if (id !== undefined) this.#add(id, mark);
    for (const { events } of records) {
      for (const event of events)
        if (event.kind === "message" && event.id !== undefined) this.#add(event.id, event.mark);
    }
    this.#sorted = [...this.#marks.keys()].toSorted(compareIds);
  }

  /** What stands at the id; what is in the stream itself goes before what others say. */
  markAt(id: string): string | undefined {
    return this.#marks.get(id);
  }

  isThere(id: string): boolean {
    return this.#lastIds.has(id);
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
    if (this.#marks.has(id)) return;
    this.#marks.set(id, mark);
    this.#ids.set(mark, [...(this.#ids.get(mark) ?? []), id]);
  }
}
