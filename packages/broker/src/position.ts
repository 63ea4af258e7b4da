/** Positions in streams as text, and the order of ids. Invariant: one position has one text, which is safe in a URL. */
import type { Position } from "./streams.ts";

/** Longest epoch, in characters. */
const MAX_EPOCH_LENGTH = 32;
const MAX_TEXT_LENGTH = MAX_EPOCH_LENGTH + 64;
/** Epoch, milliseconds, sequence number, digest. */
const TEXT = /^([\w-]{1,32})\.(0|[1-9]\d{0,19})-(0|[1-9]\d{0,19})\.([0-9a-f]{8}|-)$/;
const MAX_NUMBER = String(2n ** 64n - 1n);

/** The digest of a position whose entry was not there when it was told. */
export const NO_DIGEST = "-";

export function formatPosition({ epoch, id, digest }: Position): string {
  return `${epoch}.${id}.${digest}`;
}

/** `undefined` for whatever {@link formatPosition} does not write. */
export function parsePosition(text: string): Position | undefined {
  if (text.length > MAX_TEXT_LENGTH) return undefined;
  const [, epoch = "", milliseconds = "", sequence = "", digest = ""] = TEXT.exec(text) ?? [];
  if (epoch === "" || [milliseconds, sequence].some((digits) => compareNumbers(digits, MAX_NUMBER) > 0)) {
    return undefined;
  }
  return { epoch, id: `${milliseconds}-${sequence}`, digest };
}

/** Less than 0 when `a` is the older id, 0 when they are the same, more than 0 otherwise. */
export function compareIds(a: string, b: string): number {
  const [milliseconds = "", sequence = ""] = a.split("-");
  const [otherMilliseconds = "", otherSequence = ""] = b.split("-");
  return compareNumbers(milliseconds, otherMilliseconds) || compareNumbers(sequence, otherSequence);
}

// Digits without leading zeros; as numbers they would be too large to be exact.
function compareNumbers(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
