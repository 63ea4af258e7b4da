/** Publications and records written by hand, for the oracle to judge. */
import { formatPosition } from "@tidewire/broker";
import { Ledger, type Fate } from "../src/publication.ts";
import { ReaderRecord, type ReaderKind } from "../src/record.ts";
import { judge, type Verdict } from "../src/oracle.ts";

export const STREAM = "kept:1";
export const LIVE = "live:1";

/** The number of a publication, which is that of its id too unless another one is given. */
type Place = number | readonly [number: number, id: number];

/** Ids are `1-0`, `2-0` and so on. */
export function idOf(number: number): string {
  return `${number}-0`;
}

function positionOf(number: number): string {
  return formatPosition({ epoch: "e", id: idOf(number), digest: "00000000" });
}

function placeOf(place: Place): readonly [number: number, id: number] {
  return typeof place === "number" ? [place, place] : place;
}

export class Scene {
  readonly ledger: Ledger;
  readonly #records: ReaderRecord[] = [];
  #stream: readonly Place[] = [];
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
  keep(...places: readonly Place[]): this {
    this.#stream = places;
    return this;
  }

  /** @param events numbers of publications, and words for what it was told */
  read(
    kind: ReaderKind,
    channel: string,
    ...events: readonly (Place | "gap" | "return" | "complete")[]
  ): this {
    const record = new ReaderRecord({ kind, channel, front: 0 }, () => -1);
    const hasPositions = channel === STREAM && kind !== "plain";
    record.begin(hasPositions ? positionOf(0) : undefined);
    for (const event of events) {
      if (event === "complete") record.complete();
      else if (typeof event === "string") record.notice(event, event);
      else {
        const [number, id] = placeOf(event);
        record.hear(`p@${channel}#${number}`, hasPositions ? positionOf(id) : undefined);
      }
    }
    this.#records.push(record);
    return this;
  }

  judge(isLossless = false): Verdict {
    const entries = this.#stream
      .map(placeOf)
      .map(([number, id]) => ({ id: idOf(id), mark: `p@${STREAM}#${number}` }));
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
