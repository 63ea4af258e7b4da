/** What one reader was given and told, in order: all that the oracle knows of it. */
import { parsePosition } from "@tidewire/broker";
import { markIn } from "./publication.ts";

export type ReaderKind = "v1" | "sdk" | "plain" | "events" | "tail" | "probe";

export type RecordedEvent =
  /** It is subscribed for the first time. `id`: behind which entry of the stream it begins. */
  | { readonly kind: "begun"; readonly id: string | undefined; readonly atMs: number }
  | {
      readonly kind: "message";
      readonly mark: string;
      readonly id: string | undefined;
      readonly atMs: number;
    }
  /** It can know that messages may be missing here: a gap, an answer "not complete", a close, a return. */
  | { readonly kind: "notice"; readonly why: Notice; readonly detail: string }
  /** It was told that nothing behind what it had is missing. */
  | { readonly kind: "complete" };

export interface ReaderPlace {
  readonly kind: ReaderKind;
  readonly channel: string;
  readonly front: number;
}

/** `gap`: the gateway says so. `return`: its connection was away, and what was published meanwhile is not promised. */
export type Notice = "gap" | "return";

/** Of a sentinel: a publication that ends a round for whoever gets it. */
export function isSentinel(mark: string): boolean {
  return mark.includes("/sentinel#");
}

export class ReaderRecord {
  readonly kind: ReaderKind;
  readonly channel: string;
  /** Which front door it comes through: those with the same one are at the same gateway, about. */
  readonly front: number;
  readonly events: RecordedEvent[] = [];
  /** All positions that it was given, but for those of sentinels. */
  readonly positions: string[] = [];
  readonly #now: () => number;
  readonly #begun = Promise.withResolvers<void>();
  readonly #finished = Promise.withResolvers<void>();
  readonly #waiting = new Map<string, PromiseWithResolvers<void>>();

  constructor({ kind, channel, front }: ReaderPlace, now: () => number = () => performance.now()) {
    this.kind = kind;
    this.channel = channel;
    this.front = front;
    this.#now = now;
  }

  get name(): string {
    return `${this.kind} reader of ${this.channel} at ${this.front}`;
  }

  /** Resolves when it is subscribed for the first time. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  /** Resolves at the first sentinel. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** Resolves when that publication comes, or has come. */
  heard(mark: string): Promise<void> {
    const isThere = this.events.some((event) => event.kind === "message" && event.mark === mark);
    if (isThere) return Promise.resolve();
    const waiter = this.#waiting.get(mark) ?? Promise.withResolvers<void>();
    this.#waiting.set(mark, waiter);
    return waiter.promise;
  }

  /** @param position of the gateway; absent on a live channel, and for readers that are told none */
  begin(position?: string): void {
    this.events.push({ kind: "begun", id: idOf(position), atMs: this.#now() });
    this.#begun.resolve();
  }

  hear(text: string, position?: string): void {
    const mark = markIn(text);
    this.events.push({ kind: "message", mark, id: idOf(position), atMs: this.#now() });
    this.#waiting.get(mark)?.resolve();
    if (isSentinel(mark)) this.#finished.resolve();
    else if (position !== undefined) this.positions.push(position);
  }

  notice(why: Notice, detail: string): void {
    this.events.push({ kind: "notice", why, detail });
  }

  complete(): void {
    this.events.push({ kind: "complete" });
  }
}

/** The id of the entry on Redis that a position stands behind. Clients must not look into positions; a judge may. */
function idOf(position: string | undefined): string | undefined {
  return position === undefined ? undefined : parsePosition(position)?.id;
}
