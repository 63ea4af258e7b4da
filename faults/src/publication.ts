/** One numbered publication: its text, and what its publisher came to know of it. */

export type Fate =
  /** The broker took it. */
  | "acknowledged"
  /** Nothing was done: it must reach nobody. */
  | "refused"
  /** It was done, or it was not. */
  | "unknown";

export interface Outcome {
  readonly fate: Fate;
  /** On a stream channel, where the answer tells it: the entry's id on Redis. */
  readonly id?: string;
}

export interface Publication {
  readonly channel: string;
  readonly publisher: string;
  /** From 1 on, by publisher. */
  readonly number: number;
  /** What tells it from all others; its payload is this, or begins with this and a blank. */
  readonly mark: string;
  /** Whether its publisher may send it again, under the same idempotency key. */
  readonly mayRepeat: boolean;
  readonly sentAtMs: number;
  fate: Fate;
  id?: string;
}

/** The mark in the text of a message. */
export function markIn(text: string): string {
  const [mark = ""] = text.split(" ", 1);
  return mark;
}

/** All publications of a round. */
export class Ledger {
  readonly #publications = new Map<string, Publication>();
  readonly #counts = new Map<string, number>();
  readonly #now: () => number;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** One is about to be sent. Until its outcome is noted it may have happened or not. */
  begin(channel: string, publisher: string, mayRepeat = false): Publication {
    const number = (this.#counts.get(publisher) ?? 0) + 1;
    this.#counts.set(publisher, number);
    const mark = `${publisher}#${number}`;
    const sentAtMs = this.#now();
    const publication: Publication = {
      channel,
      publisher,
      number,
      mark,
      mayRepeat,
      sentAtMs,
      fate: "unknown",
    };
    this.#publications.set(mark, publication);
    return publication;
  }

  settle(publication: Publication, { fate, id }: Outcome): void {
    publication.fate = fate;
    if (id !== undefined) publication.id = id;
  }

  find(mark: string): Publication | undefined {
    return this.#publications.get(mark);
  }

  of(channel: string): Publication[] {
    return [...this.#publications.values()].filter((each) => each.channel === channel);
  }

  get all(): Publication[] {
    return [...this.#publications.values()];
  }
}
