/** Publications and records written by hand, for the oracle to judge. */
import { formatPosition } from "@tidewire/broker";
import { Ledger, type Fate } from "../src/publication.ts";
import { ReaderRecord, type ReaderKind } from "../src/record.ts";
import { judge, type Verdict } from "../src/oracle.ts";

export const STREAM = "kept:1";
export const LIVE = "live:1";

/** Ids are `1-0`, `2-0` and so on. */
export function idOf(number: number): string {
  return `${number}-0`;
}

function positionOf(number: number): string {
  return formatPosition({ epoch: "e", id: idOf(number), digest: "00000000" });
}

export class Scene {
  readonly ledger: Ledger;
  readonly #records: ReaderRecord[] = [];
  #stream: number[] = [];
  #now = 0;

  constructor() {
    this.ledger = new Ledger(() => this.#tick());
  }

  /** Publications 1 to `count` of the publisher `p`, on both channels, as `p@channel#number`. */
  publish(count: number, fate: Fate = "acknowledged", mayRepeat = false): this {
    for (const channel of [STREAM, LIVE]) {
      for (let number = 1; number <= count; number += 1) {
        this.ledger.settle(this.ledger.begin(channel, `p@${channel}`, mayRepeat), { fate });
      }
    }
    return this;
  }

  /** What is in the stream at the end. */
  keep(...numbers: readonly number[]): this {
    this.#stream = [...numbers];
    return this;
  }

  /** @param events numbers of publications, and words for what it was told */
  read(
    kind: ReaderKind,
    channel: string,
    ...events: readonly (number | "gap" | "return" | "complete")[]
  ): this {
    const record = new ReaderRecord({ kind, channel, front: 0 }, () => -1);
    const hasPositions = channel === STREAM && kind !== "plain";
    record.begin(hasPositions ? positionOf(0) : undefined);
    for (const event of events) {
      if (event === "complete") record.complete();
      else if (typeof event === "string") record.notice(event, event);
      else record.hear(`p@${channel}#${event}`, hasPositions ? positionOf(event) : undefined);
    }
    this.#records.push(record);
    return this;
  }

  judge(isLossless = false): Verdict {
    const entries = this.#stream.map((number) => ({ id: idOf(number), mark: `p@${STREAM}#${number}` }));
    const streams = new Map([[STREAM, entries]]);
    return judge({ ledger: this.ledger, records: this.#records, streams, isLossless });
  }

  /** The kinds of all findings. */
  findings(isLossless = false): string[] {
    return this.judge(isLossless).findings.map(({ kind }) => kind);
  }

  #tick(): number {
    this.#now += 1;
    return this.#now;
  }
}
