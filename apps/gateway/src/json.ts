/** JSON that keeps what it was given: a number that JavaScript can't hold goes out as it came in. */
import { type Json, parseExactJson } from "@tidewire/protocol";

/**
 * Found in every text with a number that JavaScript would write otherwise (long, with an exponent, ending in a zero after
 * the point, negative zero) and in few others. Without one, plain parsing is enough, and many times faster.
 */
const ODD_NUMBER = /\d[\d.]{15}|\d[eE]|\.\d*0(?!\d)|-0/;

/** @throws an error with `statusCode` 400 when the text is no JSON, or nested too deeply to be read */
export function parseJson(text: string): unknown {
  try {
    return ODD_NUMBER.test(text) ? parseExactJson(text) : JSON.parse(text);
  } catch (cause) {
    throw Object.assign(new Error("not JSON", { cause }), { statusCode: 400 });
  }
}

/**
 * The field `data` of a line that JSON.parse has read as `data`, with its numbers as they were written; `undefined` when
 * that can't be had, since something in the line is nested too deeply.
 */
export function exactData(line: string, data: Json): Json | undefined {
  if (!ODD_NUMBER.test(line)) return data;
  try {
    return (parseJson(line) as { data: Json }).data;
  } catch {
    return undefined;
  }
}
