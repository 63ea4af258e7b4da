/** How much of the size limit a text uses, and what to say about it. */

import { DEFAULT_MAX_MESSAGE_BYTES } from "@tidewire/protocol";

const NEAR_LIMIT_BYTES = DEFAULT_MAX_MESSAGE_BYTES * 0.9;

export type MessageSize =
  | { readonly kind: "fine" }
  | { readonly kind: "near"; readonly text: string }
  | { readonly kind: "over"; readonly text: string };

const encoder = new TextEncoder();
const digits = new Intl.NumberFormat("en-GB");

export function messageSize(text: string): MessageSize {
  // No UTF-16 unit takes more than three bytes: short texts need no encoding to be measured.
  if (text.length * 3 < NEAR_LIMIT_BYTES) return { kind: "fine" };
  const sizeBytes = encoder.encode(text).length;
  if (sizeBytes < NEAR_LIMIT_BYTES) return { kind: "fine" };
  const used = `${digits.format(sizeBytes)} of ${digits.format(DEFAULT_MAX_MESSAGE_BYTES)} bytes`;
  const excess = sizeBytes - DEFAULT_MAX_MESSAGE_BYTES;
  if (excess <= 0) return { kind: "near", text: used };
  const unit = excess === 1 ? "byte" : "bytes";
  return {
    kind: "over",
    text: `${used}: too long to send. Shorten it by ${digits.format(excess)} ${unit}.`,
  };
}
