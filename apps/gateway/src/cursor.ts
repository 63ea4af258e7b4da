/**
 * One reader of a stream channel, wherever it is in it: coming back and reading slowly are the same.
 *
 *     behind   fed from the newest entries in memory or from the stream, as fast as the client takes it
 *     live     at the head: it gets what everybody gets, in the same write
 *
 * Invariant: the client is given every entry behind its position once and in order, or it is told of a gap.
 */
import { formatPosition, type Position } from "@tidewire/broker";
import { CLOSE_CODES } from "@tidewire/protocol";
import type { Connection } from "./connection.ts";
import type { Hub, Subscriber, WireForm } from "./hub.ts";
import type { KeptEntry } from "./kept-entry.ts";
import type { Continuation, Opening, StreamChannel } from "./stream-channel.ts";

/**
 * Most bytes that are put together for one client at a time while it is behind; more than what is read at a time comes
 * to in nearly every case, or the rest of it would be read again.
 */
const PAGE_BYTES = 262_144;

export interface CursorOptions {
  readonly stream: StreamChannel;
  readonly connection: Connection;
  readonly hub: Hub;
  readonly form: WireForm;
  /** The origin whose publications it does not get. */
  readonly deafTo: string | undefined;
  /** Bytes that may wait for the client before it counts as behind. */
  readonly maxPacedBytes: number;
  /** Calls `resume` in a moment: the broker could not be asked, or this gateway has not heard enough. */
  readonly onWait: (cursor: Cursor) => void;
}

/** While it is waiting, something is under way that will go on with it. */
type State = "behind" | "waiting" | "live" | "ended";

export class Cursor implements Subscriber {
  gathered: Buffer | undefined;
  readonly #options: CursorOptions;
  #position: Position;
  #state: State = "behind";

  constructor(opening: Opening, options: CursorOptions) {
    this.#options = options;
    this.#position = opening.position;
  }

  get isLive(): boolean {
    return this.#state === "live";
  }

  /** From now on the client gets what follows. */
  start({ entries }: Opening): void {
    const { stream, hub, form, deafTo } = this.#options;
    stream.enter(this);
    hub.add(stream.name, this, form, deafTo);
    this.#advance(() => entries.length > 0 && this.#give(entries));
  }

  end(): void {
    const { stream, hub } = this.#options;
    this.#state = "ended";
    stream.leave(this);
    hub.remove(stream.name, this);
  }

  /** From the hub, what comes on the channel. One that is behind gets it later. */
  write(frames: Buffer, upTo?: Position): void {
    if (this.#state !== "live" || !upTo) return;
    const { connection, maxPacedBytes } = this.#options;
    const { bufferedBytes } = connection;
    if (bufferedBytes > 0 && bufferedBytes + frames.length > maxPacedBytes) {
      this.#state = "waiting";
      connection.whenIdle(() => this.resume());
      return;
    }
    if (frames.length > 0) connection.write(frames);
    this.#position = upTo;
  }

  refuse(channel: string): void {
    this.#options.connection.refuse(channel);
  }

  /** The channel has a gap. One that is behind comes to it by itself. */
  hearGap(head: Position): void {
    if (this.#state === "live") this.#miss(head);
  }

  /** Goes on where it was. */
  resume(): void {
    if (this.#state === "live" || this.#state === "ended") return;
    this.#advance(() => {});
  }

  /** Does the first step, and then all that can be done now. */
  #advance(step: () => unknown): void {
    this.#state = "behind";
    try {
      step();
      this.#feed();
    } catch (error) {
      this.#options.connection.fail(error);
    }
  }

  #feed(): void {
    // As long as what it needs is there and the client takes it.
    while (this.#isBehind()) {
      const { stream, connection } = this.#options;
      if (connection.isBusy) return this.#wait(() => connection.whenIdle(() => this.resume()));
      const next = stream.next(this.#position);
      if (next instanceof Promise) {
        return this.#wait(() => this.#await(next));
      }
      this.#take(next);
    }
  }

  #await(next: Promise<Continuation>): void {
    next.then(
      (found) => this.#state === "waiting" && this.#advance(() => this.#take(found)),
      (error: unknown) => this.#options.connection.fail(error),
    );
  }

  #take(next: Continuation): void {
    const { stream, onWait } = this.#options;
    switch (next.kind) {
      case "entries":
        return next.entries.length > 0 ? this.#give(next.entries) : this.#join();
      case "missing":
        return this.#miss(stream.head);
      case "ahead":
      case "failed":
        return this.#wait(() => onWait(this));
      default:
        next satisfies never;
    }
  }

  // The reader is where everybody is; what waits to be written to the others, it has had.
  #join(): void {
    const { stream, hub } = this.#options;
    hub.flush(stream.name);
    this.#state = "live";
  }

  #give(entries: readonly KeptEntry[]): void {
    const { connection, form, deafTo } = this.#options;
    const pieces: Buffer[] = [];
    let bytes = 0;
    for (const entry of entries) {
      this.#position = entry.position;
      if (deafTo !== undefined && entry.publication.origin === deafTo) continue;
      const piece = entry.pieceIn(form);
      pieces.push(piece);
      bytes += piece.length;
      if (bytes >= PAGE_BYTES) break;
    }
    if (pieces.length > 0) connection.write(form.join(pieces));
  }

  #miss(head: Position): void {
    const { stream, connection, form } = this.#options;
    const piece = form.gap?.(stream.name, formatPosition(head));
    this.#position = head;
    if (piece) connection.write(form.join([piece]));
    else connection.close(CLOSE_CODES.gap);
  }

  #wait(begin: () => void): void {
    this.#state = "waiting";
    begin();
  }

  #isBehind(): boolean {
    return this.#state === "behind";
  }
}
