/** The first bytes of a binary message in hexadecimal, for a person to recognise it by. */

const SHOWN_BYTES = 16;

export function hexPreview(data: ArrayBuffer): string {
  const head = new Uint8Array(data, 0, Math.min(SHOWN_BYTES, data.byteLength));
  const hex = Array.from(head, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return data.byteLength > SHOWN_BYTES ? `${hex} …` : hex;
}
