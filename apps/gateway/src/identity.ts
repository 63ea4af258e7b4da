/**
 * Who a client is: the claims of a JSON Web Token (RFC 7519) that was checked.
 *
 * Invariant: a token is accepted only with one of the algorithms that were configured, a signature that fits, a subject,
 * and a time of expiry that has not come and is not too far.
 */
import { channelFault, infoFault, patternFault, userChannel } from "@tidewire/protocol";
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";

/** Most patterns that a token may grant. */
const MAX_GRANTS = 100;

export interface Identity {
  /** The claim `sub`. */
  readonly user: string;
  /** The claim `jti`. */
  readonly tokenId: string | undefined;
  /** The claim `iat`, in milliseconds since 1970. */
  readonly issuedAtMs: number;
  /** When the token is over, tolerance included, in milliseconds since 1970. */
  readonly expiresAtMs: number;
  /** The claim `info` as JSON text, if it can be the public info of a member. */
  readonly info: string | undefined;
  /** The claims `subscribe` and `publish`: patterns of channels on which this client may. */
  readonly grants: { readonly subscribe: readonly string[]; readonly publish: readonly string[] };
}

export type IdentityResult =
  | { readonly ok: true; readonly identity: Identity }
  /** The token is not accepted; the reason may be told. */
  | { readonly ok: false; readonly code: "unauthorized"; readonly message: string }
  /** The keys could not be had just now. */
  | { readonly ok: false; readonly code: "unavailable"; readonly message: string };

export interface IdentityOptions {
  readonly keys: JWTVerifyGetKey;
  readonly algorithms: readonly string[];
  readonly audience: readonly string[];
  readonly issuer: readonly string[];
  readonly clockToleranceMs: number;
  readonly maxTokenLifetimeMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export type VerifyToken = (token: string) => Promise<IdentityResult>;

export function createVerifier(options: IdentityOptions): VerifyToken {
  const { keys, algorithms, audience, issuer, clockToleranceMs, now } = options;
  const checks = {
    algorithms: [...algorithms],
    clockTolerance: clockToleranceMs / 1_000,
    requiredClaims: ["sub", "exp", "iat"],
    ...(audience.length > 0 && { audience: [...audience] }),
    ...(issuer.length > 0 && { issuer: [...issuer] }),
  };
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, { ...checks, currentDate: new Date(now()) });
      return readClaims(payload, options);
    } catch (error) {
      return refusalOf(error);
    }
  };
}

function readClaims(
  claims: JWTPayload,
  { clockToleranceMs, maxTokenLifetimeMs, now }: IdentityOptions,
): IdentityResult {
  const { sub: user, exp = 0, iat = 0, jti } = claims;
  if (typeof user !== "string" || user === "" || !user.isWellFormed() || channelFault(userChannel(user))) {
    return unauthorized(`Its subject is empty, or too long for the name of a channel.`);
  }
  if (jti !== undefined && typeof jti !== "string") return unauthorized("Its id is no text.");
  if (iat * 1_000 > now() + clockToleranceMs) return unauthorized("It was issued in the future.");
  // A revocation is kept for as long as a token may live, and no longer.
  if ((exp - iat) * 1_000 > maxTokenLifetimeMs)
    return unauthorized("It lives longer than the gateway allows.");
  const [subscribe, publish] = [patternsOf(claims["subscribe"]), patternsOf(claims["publish"])];
  if (!subscribe || !publish) return unauthorized("It grants what are no patterns of channels.");
  const expiresAtMs = exp * 1_000 + clockToleranceMs;
  const identity = {
    user,
    tokenId: jti,
    issuedAtMs: iat * 1_000,
    expiresAtMs,
    // Of another meaning elsewhere, it must not keep anybody out.
    info: infoFault(claims["info"]) ? undefined : JSON.stringify(claims["info"]),
    grants: { subscribe, publish },
  };
  return { ok: true, identity };
}

/** Shared by all tokens that grant nothing, which are most. */
const NOTHING: readonly string[] = [];

function patternsOf(claim: unknown): readonly string[] | undefined {
  if (claim === undefined) return NOTHING;
  if (!Array.isArray(claim) || claim.length > MAX_GRANTS) return undefined;
  const isSound = claim.every(
    (pattern) => typeof pattern === "string" && patternFault(pattern) === undefined,
  );
  return isSound ? (claim as string[]) : undefined;
}

// The words of an error can repeat parts of the token.
function refusalOf(error: unknown): IdentityResult {
  if (error instanceof errors.JWTExpired) return unauthorized("It has expired.");
  if (error instanceof errors.JWTClaimValidationFailed) {
    return unauthorized(CLAIM_FAULTS.get(error.claim) ?? "One of its claims is missing or wrong.");
  }
  if (isMissingKeys(error)) {
    return { ok: false, code: "unavailable", message: "The keys that check tokens can't be had now." };
  }
  return unauthorized("It is no token, or not signed by a known key.");
}

// A server of keys that answers with an error, or with no keys, is told by jose's most general error.
export function isMissingKeys(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true;
  return (
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    error.code === "ERR_JOSE_GENERIC"
  );
}

const CLAIM_FAULTS = new Map([
  ["aud", "It is for another audience."],
  ["iss", "It is from another issuer."],
  ["nbf", "It is not valid yet."],
  ["sub", "It has no subject."],
  ["exp", "It has no time of expiry."],
  ["iat", "It does not say when it was issued."],
]);

function unauthorized(reason: string): IdentityResult {
  return { ok: false, code: "unauthorized", message: `The token is not accepted. ${reason}` };
}
