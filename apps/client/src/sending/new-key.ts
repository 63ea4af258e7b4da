/** 96 random bits as text, for what nobody else will choose. Not `crypto.randomUUID()`, which pages have on HTTPS only. */

export function newKey(): string {
  const words = crypto.getRandomValues(new Uint32Array(3));
  return Array.from(words, (word) => word.toString(36).padStart(7, "0")).join("");
}
