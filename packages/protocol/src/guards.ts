/** Checks of single values from outside. A fault is a sentence for the one who sent the value. */
import type { Json } from "./messages.ts";
import { MAX_DATA_DEPTH } from "./limits.ts";

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

/** Whether at most `depth` arrays and objects stand inside each other. */
export function isShallow(value: Json, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values<Json>(value).every((inner) => isShallow(inner, depth - 1));
}
