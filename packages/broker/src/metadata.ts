/** What is known of a publication beside its payload, as JSON: in the envelope, in streams, and on doorbells. */
import type { Publication } from "./broker.ts";

export type Metadata = Omit<Publication, "payload">;

/** Longest text, in bytes. */
export const MAX_METADATA_BYTES = 4_096;

/**
 * `undefined` when there is none.
 *
 * @throws RangeError when the text is longer than {@link MAX_METADATA_BYTES}: no reader would take it for metadata
 */
export function encodeMetadata({ sender, format, origin }: Metadata): string | undefined {
  if (sender === undefined && format === undefined && origin === undefined) return undefined;
  const text = JSON.stringify({ sender, format, origin });
  if (Buffer.byteLength(text) > MAX_METADATA_BYTES) {
    throw new RangeError("the sender's id is too long for the metadata");
  }
  return text;
}

/** Fields that this version does not know are left out, so that newer gateways can add some. */
export function parseMetadata(text: string): Metadata | undefined {
  let metadata: unknown;
  try {
    metadata = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) return undefined;
  const { sender, format, origin } = metadata as Record<string, unknown>;
  if (![sender, origin].every((value) => value === undefined || typeof value === "string")) return undefined;
  if (format !== undefined && format !== "text" && format !== "json") return undefined;
  const known = { sender, format, origin };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}
