/**
 * Signatures of webhooks, as the Standard Webhooks specification has them: "v1," and the Base64 of an HMAC-SHA256 over
 * the delivery's id, its time in seconds since 1970, and the body as it came.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

/** A gateway remembers keys for five minutes. What it would publish again must be too old by then. */
const MAX_AGE_S = 240;
/** Clocks differ. */
const MAX_AHEAD_S = 30;

/** @param secret `whsec_` and the Base64 of the key */
export function sign(secret, id, timestamp, body) {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const digest = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64");
  return `v1,${digest}`;
}

/** The id of the delivery, or `undefined` where it is not from whom it should be, or was sent long ago. */
export function authenticate(secret, headers, body) {
  const {
    "webhook-id": id = "",
    "webhook-timestamp": timestamp = "",
    "webhook-signature": given = "",
  } = headers;
  const ageS = Date.now() / 1_000 - Number(timestamp);
  if (!(ageS <= MAX_AGE_S && ageS >= -MAX_AHEAD_S)) return undefined;
  const expected = Buffer.from(sign(secret, id, timestamp, body));
  // There are several while a secret is being replaced.
  const isAuthentic = given.split(" ").some((one) => {
    const bytes = Buffer.from(one);
    return bytes.length === expected.length && timingSafeEqual(bytes, expected);
  });
  return isAuthentic ? id : undefined;
}
