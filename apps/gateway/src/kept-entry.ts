/** One entry of a stream channel as this gateway holds it: encoded once for each wire form, for all who get it. */
import { type Entry, formatPosition, type Position, type Publication } from "@tidewire/broker";
import type { Kept, WireForm } from "./hub.ts";

/** What an entry takes besides payload and pieces, in bytes, about. */
const OVERHEAD_BYTES = 512;
/** The payload, and a piece of about its size for each of the three forms. */
const COPIES = 4;

export class KeptEntry implements Kept {
  readonly position: Position;
  readonly publication: Publication;
  /** About how much memory it takes. */
  readonly bytes: number;
  readonly #channel: string;
  readonly #pieces = new Map<WireForm, Buffer>();

  /** Copies the payload, which may be a view of something larger. */
  constructor(channel: string, { position, publication }: Entry) {
    this.#channel = channel;
    this.position = position;
    this.publication = { ...publication, payload: Buffer.from(publication.payload) };
    this.bytes = COPIES * publication.payload.length + OVERHEAD_BYTES;
  }

  pieceIn(form: WireForm): Buffer {
    let piece = this.#pieces.get(form);
    if (!piece) {
      const place = { position: formatPosition(this.position), time: timeOf(this.position) };
      piece = form.encode(this.#channel, this.publication, place);
      this.#pieces.set(form, piece);
    }
    return piece;
  }
}

/** When an entry was kept, in milliseconds since 1970: an id begins with that, unless its writer chose another one. */
export function timeOf({ id }: Position): number {
  return Number(id.split("-", 1)[0]);
}
