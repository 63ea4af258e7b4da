/** A server on `ws` as articles show it: a subscriber of Redis, and a send for each client. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "@tidewire/testkit";
import { start } from "../child.ts";
import { CHANNEL, type Peer, redisOptions, untilListening } from "./peer.ts";

/** The installed version of a package that is a dependency of this one. */
export function installedVersion(name: string): string {
  const file = join(import.meta.dirname, "../../node_modules", name, "package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

export const ws: Peer = {
  name: "ws",
  title: "ws, a send for each client",
  hasChannels: true,
  missing: () => undefined,
  version: async () => installedVersion("ws"),
  async start({ redisPort, hasManyChannels }) {
    const port = await freePort();
    const server = join(import.meta.dirname, "ws-server.ts");
    const child = start(process.execPath, [server, String(port), String(redisPort), CHANNEL]);
    await untilListening(child, port);
    const path = hasManyChannels ? "/?channel=c%d" : "/";
    const options = ["--port", String(port), "--path", path];
    return {
      child,
      pids: [child.pid],
      options: [...options, ...redisOptions(redisPort, hasManyChannels ? "c%d" : CHANNEL)],
    };
  },
};
