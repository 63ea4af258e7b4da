/** Checks of single values from outside. A fault is a sentence for the one who sent the value. */
import type { Refusal } from "./error-codes.ts";
import type { Json } from "./messages.ts";
import { MAX_DATA_DEPTH, MAX_INFO_BYTES } from "./limits.ts";

/** An object as JSON.parse makes it: every field may be there or not, and hold anything. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

/** Why a parsed JSON value can't be the `data` of a message, or `undefined` when it can. */
export function dataFault(value: unknown): string | undefined {
  if (value === undefined) return "data is missing.";
  // A lone surrogate has no UTF-8 form: it would arrive as another character.
  if (typeof value === "string" && !value.isWellFormed()) return "data holds half of a surrogate pair.";
  if (!isShallow(value as Json, MAX_DATA_DEPTH)) return `data is nested more than ${MAX_DATA_DEPTH} deep.`;
  return undefined;
}

/** Why a parsed JSON value can't be the public info of a member, or `undefined` when it can. */
export function infoFault(value: unknown): Refusal | undefined {
  if (!isFields(value)) return { code: "bad_request", message: "info must be an object." };
  if (!isShallow(value as Json, MAX_DATA_DEPTH)) {
    return { code: "bad_request", message: `info is nested more than ${MAX_DATA_DEPTH} deep.` };
  }
  if (utf8Length(JSON.stringify(value)) <= MAX_INFO_BYTES) return undefined;
  return { code: "too_large", message: `info has at most ${MAX_INFO_BYTES} bytes as JSON.` };
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Whether at most `depth` arrays and objects stand inside each other. */
export function isShallow(value: Json, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values<Json>(value).every((inner) => isShallow(inner, depth - 1));
}
