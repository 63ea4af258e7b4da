/** The keys that check tokens: one shared secret, or public ones (JSON Web Key Set, RFC 7517) from a URL or a file. */
import { readFile } from "node:fs/promises";
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from "jose";

/** How long a server of keys may take, and how often it is asked at most, in milliseconds. */
const FETCH_TIMEOUT_MS = 5_000;
const COOLDOWN_MS = 30_000;
/** How long keys are used before they are fetched or read anew, in milliseconds. */
const MAX_AGE_MS = 600_000;
/** How often a file is read at most for a key that is not in it, in milliseconds. */
const FILE_COOLDOWN_MS = 1_000;

/** A shared secret, for HS256. It is made a key once, and not again for each token. */
export function keyFromSecret(secret: string): JWTVerifyGetKey {
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = crypto.subtle.importKey("raw", new TextEncoder().encode(secret), hmac, false, ["verify"]);
  return () => key;
}

/** Keys that are fetched when they are needed, kept for a while, and fetched again for a key that is not known. */
export function keysFromUrl(url: URL): JWTVerifyGetKey {
  return createRemoteJWKSet(url, {
    timeoutDuration: FETCH_TIMEOUT_MS,
    cooldownDuration: COOLDOWN_MS,
    cacheMaxAge: MAX_AGE_MS,
  });
}

/** Keys from a file that may change while the gateway runs. */
export function keysFromFile(path: string, now: () => number): JWTVerifyGetKey {
  let keys: JWTVerifyGetKey | undefined;
  let readAtMs = Number.NEGATIVE_INFINITY;
  const load = async () => {
    keys = createLocalJWKSet(JSON.parse(await readFile(path, "utf8")) as JSONWebKeySet);
    readAtMs = now();
    return keys;
  };
  return async (header, token) => {
    const find = keys && now() - readAtMs < MAX_AGE_MS ? keys : await load();
    try {
      return await find(header, token);
    } catch (error) {
      const isUnknown = error instanceof errors.JWKSNoMatchingKey;
      if (!isUnknown || now() - readAtMs < FILE_COOLDOWN_MS) throw error;
      return (await load())(header, token);
    }
  };
}
