/**
 * The envelope: how a publication with metadata travels on Redis Pub/Sub.
 *
 * A publication without metadata is bare, so that any program on the channel sees plain bytes. With metadata it is
 * `SOH tw1 <header as JSON> STX <payload>`. JSON escapes control characters, so the first STX ends the header.
 * Invariant: decodeEnvelope(encodeEnvelope(p)) equals p, whatever bytes p holds; bytes that merely look like an
 * envelope are data.
 */
import type { Publication } from "./broker.ts";
import { encodeMetadata, MAX_METADATA_BYTES, parseMetadata } from "./metadata.ts";

const STX = 0x02;
const MAGIC = Buffer.from("\u0001tw1", "latin1");

/**
 * The bytes to publish. Bare when nothing would be lost or mistaken by it.
 *
 * @throws RangeError when the metadata is too long
 */
export function encodeEnvelope({ payload, ...metadata }: Publication): Buffer {
  const header = encodeMetadata(metadata);
  if (header === undefined && !startsWithMagic(payload)) return payload;
  return Buffer.concat([MAGIC, Buffer.from(header ?? "{}"), Buffer.of(STX), payload]);
}

/** The publication in `bytes`; bytes without a well-formed header are its payload as they are. */
export function decodeEnvelope(bytes: Buffer): Publication {
  if (!startsWithMagic(bytes)) return { payload: bytes };
  const end = bytes.subarray(0, MAGIC.length + MAX_METADATA_BYTES + 1).indexOf(STX, MAGIC.length);
  const header = end === -1 ? undefined : parseMetadata(bytes.toString("utf8", MAGIC.length, end));
  return header ? { ...header, payload: bytes.subarray(end + 1) } : { payload: bytes };
}

function startsWithMagic(bytes: Buffer): boolean {
  return bytes[0] === MAGIC[0] && bytes.length > MAGIC.length && MAGIC.compare(bytes, 0, MAGIC.length) === 0;
}
