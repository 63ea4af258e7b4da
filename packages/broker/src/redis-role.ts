/** Judges whether a connection leads to a server that takes publications for everybody. */
import type { Redis } from "ioredis";
import { isRedisAnswer } from "./redis-client.ts";
import type { Verdict } from "./redis-link.ts";

export const PROVED: Verdict = { event: "proved" };
const UNFIT: Verdict = { event: "unfit", reason: "it is a read-only replica; name the primary" };

// A replica takes PUBLISH and reaches only its own subscribers, so messages would be lost in silence. HELLO
// (redis.io/commands/hello) needs no permission, unlike INFO and ROLE; Redis before 6 refuses it, and passes.
export async function judgeRole(client: Redis): Promise<Verdict> {
  const reply = client.call("HELLO");
  return reply.then((hello) => (isReplica(hello) ? UNFIT : PROVED), verdictOf);
}

/** Whatever Redis answers, it has answered. */
export function verdictOf(error: unknown): Verdict {
  return isRedisAnswer(error) ? PROVED : { event: "silent" };
}

function isReplica(hello: unknown): boolean {
  if (!Array.isArray(hello)) return false;
  const role: unknown = hello[hello.indexOf("role") + 1];
  return role === "slave" || role === "replica";
}
