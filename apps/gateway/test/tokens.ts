/** Tokens for tests. */
import { generateKeyPairSync } from "node:crypto";
import { exportJWK, type JWK, SignJWT } from "jose";

export const SECRET = "a secret for tests that is long enough to be one";

export interface TokenOptions {
  readonly sub?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Seconds from now. @default 3600 */
  readonly expiresIn?: number;
  readonly secret?: string;
  readonly algorithm?: string;
}

export function mint({
  sub = "7",
  claims = {},
  expiresIn = 3_600,
  ...options
}: TokenOptions = {}): Promise<string> {
  const { secret = SECRET, algorithm = "HS256" } = options;
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({ iat: now, ...claims })
    .setProtectedHeader({ alg: algorithm })
    .setSubject(sub)
    .setExpirationTime(now + expiresIn)
    .sign(new TextEncoder().encode(secret));
}

/** A key pair, and tokens of user 7 that are signed with it. */
export async function makeKey(kid: string): Promise<{ jwk: JWK; sign: () => Promise<string> }> {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: "ES256" };
  const sign = () =>
    new SignJWT({})
      .setProtectedHeader({ alg: "ES256", kid })
      .setSubject("7")
      .setIssuedAt()
      .setExpirationTime("1h")
      .sign(privateKey);
  return { jwk, sign };
}
