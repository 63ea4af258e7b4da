/** The first bytes of a binary message in hexadecimal, for a person to recognise it by. */

const SHOWN_BYTES = 16;

export function hexPreview(data: Uint8Array): string {
  const head = data.subarray(0, SHOWN_BYTES);
  const hex = Array.from(head, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return data.length > SHOWN_BYTES ? `${hex} …` : hex;
}
