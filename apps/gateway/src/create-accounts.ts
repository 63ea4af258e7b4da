/** The accounts of a gateway, from its configuration. */
import { Accounts } from "./accounts.ts";
import type { Deadlines } from "./deadlines.ts";
import { createVerifier, type IdentityOptions } from "./identity.ts";
import type { IdentityConfig } from "./identity-config.ts";
import type { Limits } from "./limits.ts";
import { Revocations } from "./revocations.ts";
import { keyFromSecret, keysFromFile, keysFromUrl } from "./token-keys.ts";

export function createAccounts(identity: IdentityConfig, limits: Limits, deadlines: Deadlines): Accounts {
  const { maxTokenLifetimeMs, refreshWindowMs } = limits;
  const now = Date.now;
  const verify = createVerifier({ ...identity, keys: keysOf(identity), maxTokenLifetimeMs, now });
  return new Accounts({ verify, revocations: new Revocations(now), deadlines, refreshWindowMs, now });
}

function keysOf({ keys }: IdentityConfig): IdentityOptions["keys"] {
  switch (keys.kind) {
    case "secret":
      return keyFromSecret(keys.secret);
    case "url":
      return keysFromUrl(new URL(keys.url));
    case "file":
      return keysFromFile(keys.path, Date.now);
    default:
      return keys satisfies never;
  }
}
