/** The accounts of a gateway, from its configuration. */
import { Accounts } from "./accounts.ts";
import type { Deadlines } from "./deadlines.ts";
import { createVerifier, type IdentityOptions, isMissingKeys } from "./identity.ts";
import type { IdentityConfig } from "./identity-config.ts";
import type { Limits } from "./limits.ts";
import type { Log } from "./log.ts";
import { Revocations } from "./revocations.ts";
import { keyFromSecret, keysFromFile, keysFromUrl } from "./token-keys.ts";

export interface CreateAccountsOptions {
  readonly identity: IdentityConfig;
  readonly limits: Limits;
  readonly deadlines: Deadlines;
  readonly log: Log;
}

export function createAccounts({ identity, limits, deadlines, log }: CreateAccountsOptions): Accounts {
  const { maxTokenLifetimeMs, refreshWindowMs } = limits;
  const now = Date.now;
  const verify = createVerifier({
    ...identity,
    keys: reported(keysOf(identity), log),
    maxTokenLifetimeMs,
    now,
  });
  return new Accounts({ verify, revocations: new Revocations(now), deadlines, refreshWindowMs, now });
}

/** Says in the log when keys can't be had, and when they can again; not for every token. */
function reported(find: IdentityOptions["keys"], log: Log): IdentityOptions["keys"] {
  let areMissing = false;
  return async (header, token) => {
    try {
      const key = await find(header, token);
      if (areMissing) log.info("the keys that check tokens can be had again");
      areMissing = false;
      return key;
    } catch (error) {
      if (!areMissing && isMissingKeys(error)) {
        areMissing = true;
        log.error(`the keys that check tokens can't be had, and nobody can sign in: ${reasonOf(error)}`);
      }
      throw error;
    }
  };
}

// Its message could quote a file that holds something else than was meant.
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const { cause = error } = error;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return typeof code === "string" ? code : error.name;
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
