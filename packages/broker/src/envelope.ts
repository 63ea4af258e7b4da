/**
 * The envelope: how a publication with metadata travels on Redis Pub/Sub.
 *
 * A publication without metadata is bare, so that any program on the channel sees plain bytes. With metadata it is
 * `SOH tw1 <header as JSON> STX <payload>`. JSON escapes control characters, so the first STX ends the header.
 * Invariant: decodeEnvelope(encodeEnvelope(p)) equals p, whatever bytes p holds; bytes that merely look like an
 * envelope are data.
 */
import type { Publication } from "./broker.ts";

const STX = 0x02;
const MAGIC = Buffer.from("\u0001tw1", "latin1");

/** Longest header, in bytes. */
const MAX_HEADER_BYTES = 4_096;

/**
 * The bytes to publish. Bare when nothing would be lost or mistaken by it.
 *
 * @throws RangeError when the header is longer than {@link MAX_HEADER_BYTES}: no reader would take it for one
 */
export function encodeEnvelope({ payload, ...metadata }: Publication): Buffer {
  const hasMetadata = Object.values(metadata).some((value) => value !== undefined);
  if (!hasMetadata && !startsWithMagic(payload)) return payload;
  const header = Buffer.from(JSON.stringify(metadata));
  if (header.length > MAX_HEADER_BYTES) throw new RangeError("the sender's id is too long for the envelope");
  return Buffer.concat([MAGIC, header, Buffer.of(STX), payload]);
}

/** The publication in `bytes`; bytes without a well-formed header are its payload as they are. */
export function decodeEnvelope(bytes: Buffer): Publication {
  if (!startsWithMagic(bytes)) return { payload: bytes };
  const end = bytes.subarray(0, MAGIC.length + MAX_HEADER_BYTES + 1).indexOf(STX, MAGIC.length);
  const header = end === -1 ? undefined : parseHeader(bytes.toString("utf8", MAGIC.length, end));
  return header ? { ...header, payload: bytes.subarray(end + 1) } : { payload: bytes };
}

function startsWithMagic(bytes: Buffer): boolean {
  return bytes[0] === MAGIC[0] && bytes.length > MAGIC.length && MAGIC.compare(bytes, 0, MAGIC.length) === 0;
}

// Fields that this version does not know are left out, so that newer gateways can add some.
function parseHeader(text: string): Omit<Publication, "payload"> | undefined {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) return undefined;
  const { sender, format, origin } = header as Record<string, unknown>;
  if (![sender, origin].every((value) => value === undefined || typeof value === "string")) return undefined;
  if (format !== undefined && format !== "text" && format !== "json") return undefined;
  const known = { sender, format, origin };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}
