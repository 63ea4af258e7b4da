/** How clients sign in: the key `identity` of the configuration file, and what the environment adds. */
import { resolve } from "node:path";
import { z } from "zod";
import { commaList } from "./comma-list.ts";

const list = z.union([z.string().transform((text) => [text]), z.array(z.string())]);

/** Asymmetric ones (RFC 7518, section 3.1; RFC 8037). A shared secret is used with HS256 and nothing else. */
const PUBLIC_ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA"] as const;
const SECRET_ALGORITHM = "HS256";

export const IdentityInput = z
  .strictObject({
    /** The shared secret. */
    secret: z.string(),
    /** Public keys: a JSON Web Key Set at an http or https URL, or in a file. */
    jwks: z.string(),
    /** One of them must be in the claim `aud`. @default any */
    audience: list,
    /** One of them must be the claim `iss`. @default any */
    issuer: list,
    /** For public keys. @default all that are known */
    algorithms: z.array(z.enum(PUBLIC_ALGORITHMS)).min(1),
    /** How far clocks may differ. @default 2 */
    clockToleranceSeconds: z.number().min(0).max(300),
    /** The name of the cookie that may hold a token. @default "tidewire_token" */
    cookie: z.string().regex(/^[\w-]+$/, "must be a name of letters, digits, _ and -"),
  })
  .partial();

export type IdentityInput = z.infer<typeof IdentityInput>;

export interface IdentityConfig {
  readonly keys:
    | { readonly kind: "secret"; readonly secret: string }
    | { readonly kind: "url"; readonly url: string }
    | { readonly kind: "file"; readonly path: string };
  readonly algorithms: readonly string[];
  readonly audience: readonly string[];
  readonly issuer: readonly string[];
  readonly clockToleranceMs: number;
  readonly cookie: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `undefined` when nobody signs in. */
export function readIdentity(
  input: IdentityInput = {},
  env: Environment,
  faults: string[],
): IdentityConfig | undefined {
  const fromEnv = { secret: env["JWT_SECRET"] || undefined, jwks: env["JWKS_URL"] || undefined };
  // One in the environment beats both in the file.
  const { secret, jwks } = fromEnv.secret || fromEnv.jwks ? fromEnv : input;
  if (secret && jwks)
    faults.push("JWT_SECRET and JWKS_URL (identity.secret and .jwks): give one of them, not both");
  if (!secret && !jwks) {
    if (Object.keys(input).length > 0)
      faults.push("identity needs a secret or jwks (JWT_SECRET or JWKS_URL)");
    return undefined;
  }
  return {
    keys: secret ? { kind: "secret", secret } : keySet(jwks ?? "", env, faults),
    algorithms: secret ? [SECRET_ALGORITHM] : (input.algorithms ?? PUBLIC_ALGORITHMS),
    audience: listFrom(env["JWT_AUDIENCE"]) ?? input.audience ?? [],
    issuer: listFrom(env["JWT_ISSUER"]) ?? input.issuer ?? [],
    clockToleranceMs: (input.clockToleranceSeconds ?? 2) * 1_000,
    cookie: input.cookie ?? "tidewire_token",
  };
}

function keySet(where: string, env: Environment, faults: string[]): IdentityConfig["keys"] {
  const protocol = URL.parse(where)?.protocol;
  if (protocol === "http:" || protocol === "https:") return { kind: "url", url: where };
  if (protocol && protocol !== "file:")
    faults.push("JWKS_URL (identity.jwks) must be an http or https URL, or a file");
  const path =
    protocol === "file:" ? new URL(where).pathname : resolve(env["INIT_CWD"] ?? process.cwd(), where);
  return { kind: "file", path };
}

function listFrom(text: string | undefined): readonly string[] | undefined {
  const items = commaList(text);
  return items.length > 0 ? items : undefined;
}
