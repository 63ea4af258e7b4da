/** A message that was read from a gateway, and the one line that it is printed as, the same in every command. */
import { isUtf8 } from "node:buffer";
import { isShallow, type Json, MAX_DATA_DEPTH } from "@tidewire/protocol";
import { parseExactJson } from "@tidewire/protocol";

/** As a gateway writes it: `data`, or `base64` where the payload is not UTF-8. May hold more. */
export interface Message {
  /** Absent on a live channel. */
  readonly position?: string;
  readonly data?: unknown;
  readonly base64?: string;
}

export interface Form {
  /** One JSON object for each message instead of its payload. */
  readonly isJson: boolean;
  /** The position and a tab go before each payload. */
  readonly hasPositions: boolean;
}

/** How every command that prints messages explains its lines. */
export const FORM_HELP = `
Each message is one line: text as it is, JSON objects and arrays without white space. A text that holds
control characters other than tabs (line breaks, for one), or that begins with a quotation mark or with
base64:, is printed as a JSON string; bytes that are not UTF-8 as base64: and their Base64.`;

const BASE64_MARK = "base64:";

/** Control characters but the tab, and what else some programs take for the end of a line. */
const UNPRINTABLE = /[^\P{Cc}\t]|[\p{Zl}\p{Zp}]/u;

/** The message with these bytes: the same as a gateway would make of a payload that came from elsewhere. */
export function messageOf(payload: Buffer, position?: string): Message {
  const place = position === undefined ? {} : { position };
  if (!isUtf8(payload)) return { ...place, base64: payload.toString("base64") };
  return { ...place, data: dataOf(payload.toString()) };
}

/** Without a line break, at the end or anywhere. */
export function lineOf(message: Message, { isJson, hasPositions }: Form): string {
  if (isJson) return printableJson(message);
  return hasPositions ? `${message.position ?? ""}\t${payloadOf(message)}` : payloadOf(message);
}

function dataOf(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return isShallow(JSON.parse(text) as Json, MAX_DATA_DEPTH) ? parseExactJson(text) : text;
  } catch {
    return text;
  }
}

function payloadOf({ data, base64 }: Message): string {
  if (base64 !== undefined) return BASE64_MARK + base64;
  if (typeof data !== "string") return printableJson(data);
  // So no text can be taken for something else, and every line can be turned back into the payload.
  const isAmbiguous = data.startsWith('"') || data.startsWith(BASE64_MARK) || UNPRINTABLE.test(data);
  return isAmbiguous ? printableJson(data) : data;
}

// JSON.stringify leaves some control characters as they are, which a terminal may obey.
function printableJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007F-\u009F\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
