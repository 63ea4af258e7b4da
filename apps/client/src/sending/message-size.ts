/** How much of the size limit a text uses, and what to say about it. */

/** The part of the limit from which on it is worth a word. */
const NEAR_LIMIT = 0.9;

export type MessageSize =
  | { readonly kind: "fine" }
  | { readonly kind: "near"; readonly text: string }
  | { readonly kind: "over"; readonly text: string };

const encoder = new TextEncoder();
const digits = new Intl.NumberFormat("en-GB");

/** @param limitBytes of UTF-8 */
export function messageSize(text: string, limitBytes: number): MessageSize {
  const nearLimitBytes = limitBytes * NEAR_LIMIT;
  // No UTF-16 unit takes more than three bytes: short texts need no encoding to be measured.
  if (text.length * 3 < nearLimitBytes) return { kind: "fine" };
  const sizeBytes = encoder.encode(text).length;
  if (sizeBytes < nearLimitBytes) return { kind: "fine" };
  const used = `${digits.format(sizeBytes)} of ${digits.format(limitBytes)} bytes`;
  const excess = sizeBytes - limitBytes;
  if (excess <= 0) return { kind: "near", text: used };
  const unit = excess === 1 ? "byte" : "bytes";
  return {
    kind: "over",
    text: `${used}: too long to send. Shorten it by ${digits.format(excess)} ${unit}.`,
  };
}
