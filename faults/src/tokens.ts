/** Tokens with which clients sign in, good for every channel of a round. */
import { SignJWT } from "jose";

export const SECRET = "a secret for rounds that is long enough to be one";

const CHANNELS = ["kept:*", "tailed:*", "live:*", "room:*"];

export function mintToken(user: string, lifetimeS: number): Promise<string> {
  return new SignJWT({ subscribe: CHANNELS, publish: CHANNELS })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(user)
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1_000) + lifetimeS)
    .sign(new TextEncoder().encode(SECRET));
}
