/**
 * The markers in what one connection receives, and what is told from their numbers: the same as load/markers.c.
 *
 * A marker is `@@NUMBER,NANOSECONDS;`. Number 0 is a probe; the messages are numbered from 1 over all channels.
 */

/** Numbers that one connection keeps in mind, to tell a double from one that comes late. */
const WINDOW = 256;
const MARKER_MAX = 48;
const MARKER = /^@@(\d+),(\d+);/;
const BEGINNING = /^@(@(\d+(,\d*)?)?)?$/;

/** Sums over all connections since the last `reset`, except where it says otherwise. */
export class Counts {
  delivered = 0;
  duplicates = 0;
  reordered = 0;
  stray = 0;
  probes = 0;
  /** Connections that have received a probe, ever. */
  ready = 0;
  /** Connections that the server has ended, ever. */
  closed = 0;
  /** When the bytes at hand were read, and when the last message came, in nanoseconds. */
  readAt = 0;
  lastAt = 0;

  reset(): void {
    Object.assign(this, new Counts(), { ready: this.ready, closed: this.closed });
  }
}

export interface StreamOptions {
  readonly counts: Counts;
  /** The number of the connection's channel, and how many there are. */
  readonly channel: number;
  readonly channels: number;
  readonly onLatency: (nanoseconds: number) => void;
}

export class MarkerStream {
  readonly #options: StreamOptions;
  #isReady = false;
  /** A marker of which the end is still to come. */
  #tail = "";
  readonly #seen = new Set<number>();
  /** The highest index of its channel that was seen, and how many different ones. */
  last = -1;
  received = 0;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  get channel(): number {
    return this.#options.channel;
  }

  reset(): void {
    this.#tail = "";
    this.#seen.clear();
    this.last = -1;
    this.received = 0;
  }

  /** Takes the next bytes of what the connection received. */
  scan(bytes: Buffer): void {
    const text = this.#tail + bytes.toString("latin1");
    this.#tail = "";
    for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at)) {
      const piece = text.slice(at, at + MARKER_MAX);
      const match = MARKER.exec(piece);
      if (match) {
        this.#note(Number(match[1]), Number(match[2]));
        at += match[0].length;
      } else if (at + piece.length === text.length && BEGINNING.test(piece)) {
        this.#tail = piece;
        return;
      } else {
        at += 1;
      }
    }
  }

  #note(number: number, due: number): void {
    const { counts, channel, channels, onLatency } = this.#options;
    if (number === 0) {
      counts.probes += 1;
      if (!this.#isReady) counts.ready += 1;
      this.#isReady = true;
    } else if ((number - 1) % channels !== channel) {
      counts.stray += 1;
    } else if (this.#isNew(Math.floor((number - 1) / channels))) {
      this.received += 1;
      counts.delivered += 1;
      counts.lastAt = counts.readAt;
      onLatency(Math.max(0, counts.readAt - due));
    } else {
      counts.duplicates += 1;
    }
  }

  #isNew(index: number): boolean {
    if (index > this.last) {
      for (
        let gone = Math.max(0, this.last - WINDOW + 1);
        gone <= index - WINDOW && this.#seen.size > 0;
        gone += 1
      )
        this.#seen.delete(gone);
      this.last = index;
    } else if (this.last - index >= WINDOW || this.#seen.has(index)) {
      // One that comes so late that nobody remembers is taken for a double: rather a loss too many than hidden.
      return false;
    } else {
      this.#options.counts.reordered += 1;
    }
    this.#seen.add(index);
    return true;
  }
}
