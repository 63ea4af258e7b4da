/**
 * What an entry of a stream holds: fields and values on Redis, a publication for readers, and the digest of it.
 *
 * Whatever program wrote it, an entry can be given: nothing in it is an error.
 */
import { isUtf8 } from "node:buffer";
import { hash } from "node:crypto";
import type { Publication } from "./broker.ts";
import { encodeMetadata, MAX_METADATA_BYTES, type Metadata, parseMetadata } from "./metadata.ts";

/** The field of the payload; other programs may choose others. */
const PAYLOAD_FIELD = "message";
/** The field of the metadata. */
const METADATA_FIELD = "tidewire";
/** How many characters of the hash are enough to tell two entries of one id apart. */
const DIGEST_LENGTH = 8;

/**
 * Fields and values in turn.
 *
 * @throws RangeError when the metadata is too long
 */
export function fieldsOf({ payload, ...metadata }: Publication): Buffer[] {
  const fields = [Buffer.from(PAYLOAD_FIELD), payload];
  const text = encodeMetadata(metadata);
  if (text !== undefined) fields.push(Buffer.from(METADATA_FIELD), Buffer.from(text));
  return fields;
}

/** The digest of an entry, also reckoned by the scripts on Redis: both must agree. */
export function digestOf(fields: readonly Buffer[]): string {
  const parts = fields.flatMap((field) => [Buffer.from(`${field.length}:`), field]);
  return hash("sha1", Buffer.concat(parts), "hex").slice(0, DIGEST_LENGTH);
}

/**
 * A field with our metadata is taken out. Of what is left, one field's value is the payload as it is; several are an
 * object in JSON, in their order.
 */
export function publicationOf(fields: readonly Buffer[]): Publication {
  let metadata: Metadata = {};
  const values = new Map<string, Buffer[]>();
  let count = 0;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [name, value] = [(fields[at] as Buffer).toString(), fields[at + 1] as Buffer];
    const found = name === METADATA_FIELD ? metadataIn(value) : undefined;
    if (found) {
      metadata = found;
      continue;
    }
    count += 1;
    const others = values.get(name);
    if (others) others.push(value);
    else values.set(name, [value]);
  }
  if (count > 1) return { ...metadata, format: "json", payload: Buffer.from(objectText(values)) };
  const [only = [Buffer.alloc(0)]] = values.values();
  return { ...metadata, payload: only[0] as Buffer };
}

function metadataIn(value: Buffer): Metadata | undefined {
  return value.length > MAX_METADATA_BYTES ? undefined : parseMetadata(value.toString());
}

// Written as text: an object of JavaScript has an order of its own for names such as "1", and ideas about "__proto__".
function objectText(values: ReadonlyMap<string, readonly Buffer[]>): string {
  const members = Array.from(values, ([name, [first, ...others]]) => {
    const texts = [first as Buffer, ...others].map(valueText);
    return `${JSON.stringify(name)}:${others.length === 0 ? texts[0] : `[${texts.join(",")}]`}`;
  });
  return `{${members.join(",")}}`;
}

function valueText(value: Buffer): string {
  return JSON.stringify(isUtf8(value) ? value.toString() : { base64: value.toString("base64") });
}
