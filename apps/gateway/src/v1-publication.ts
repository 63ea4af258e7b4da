/** What a v1 client publishes, as it goes to the broker. */
import type { Publication } from "@tidewire/broker";
import type { Json } from "@tidewire/protocol";
import { isJson } from "./v1-form.ts";

/** A text goes out as its bytes, anything else as JSON. How it was meant is said only where it could be mistaken. */
export function toPublication(data: Json): Pick<Publication, "payload" | "format"> {
  const isText = typeof data === "string";
  const text = isText ? data : JSON.stringify(data);
  const format = isText ? "text" : "json";
  const isTakenForJson = isJson(text, undefined);
  const isMistaken = isTakenForJson === isText;
  return { payload: Buffer.from(text), ...(isMistaken && { format }) };
}
