/** An idempotency key: 128 random bits. Not `crypto.randomUUID()`, which pages have on HTTPS only. */

export function newKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}
