/** Users of Redis with the rights that the document on deployment names. */
import { readFileSync } from "node:fs";
import { startRedis } from "@tidewire/testkit";
import { openRawClient, openReadyBroker } from "./open-broker.ts";
import { SELDOM } from "./stream-helpers.ts";

const DEPLOYMENT = readFileSync(new URL("../../../docs/OPERATIONS.md", import.meta.url), "utf8");

/** The rights that the document names on the line that begins so. */
export function documentedRights(beginning: string): string[] {
  const line = DEPLOYMENT.split("\n").find((each) => each.startsWith(`- **${beginning}`)) ?? "";
  return Array.from(line.matchAll(/`([+~][^`]+)`/g), ([, rights = ""]) => rights.split(" ")).flat();
}

const BASIC = ["+@connection", "+@pubsub", "+info", "&*"];
/** Who may run scripts must be able to read notices, or the link stays down. */
const NOTICES = ["+time", "+zadd", "+zrangebyscore", "+zremrangebyscore", "~tidewire:notices"];

/** A broker on a Redis of its own, as a user with those rights, and a client with all. */
export async function openAs(rights: readonly string[]) {
  const stack = new AsyncDisposableStack();
  const server = stack.use(await startRedis());
  const raw = stack.use(openRawClient(server.url));
  await raw.call("ACL", "SETUSER", "gate", "on", ">pass", ...BASIC, ...NOTICES, ...rights);
  const url = server.url.replace("//", "//gate:pass@");
  const opened = stack.use(await openReadyBroker(url, "", { streams: SELDOM }));
  return { ...opened, raw, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
