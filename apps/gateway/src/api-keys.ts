/** The keys of the server API: named, each for some things only, and several at a time, so that one can replace another. */
import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";

/** What a key is good for. */
export const Scope = z.enum(["publish", "read", "admin"]);
export type Scope = z.infer<typeof Scope>;

// Anything else can't be said in an Authorization header, so the key would fit nobody.
const SPEAKABLE = /^[!-~]+$/;

/** An entry of the key `apiKeys` of the configuration file. */
export const ApiKeyInput = z.strictObject({
  /** For the log: who uses it. */
  name: z.string().min(1),
  key: z.string().regex(SPEAKABLE, "must be ASCII without white space"),
  /** @default all */
  scopes: z
    .array(Scope)
    .min(1)
    .default([...Scope.options]),
});

export interface ApiKey extends z.infer<typeof ApiKeyInput> {}

/** The key that is given, if it is one of them. A wrong one takes the same time, however much of it is right. */
export function findApiKey(given: string, keys: readonly ApiKey[]): ApiKey | undefined {
  const digest = sha256(given);
  return keys.find(({ key }) => timingSafeEqual(sha256(key), digest));
}

// Hashing gives both sides one length, which timingSafeEqual wants.
function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
