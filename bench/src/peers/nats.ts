/** NATS with its own WebSocket listener; publications go in over its plain protocol. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findProgram, freePort } from "@tidewire/testkit";
import { run, start } from "../child.ts";
import { CHANNEL, type Peer, untilListening } from "./peer.ts";

const NAMES = ["nats-server"];

function program(): string {
  return findProgram(NAMES) ?? "nats-server";
}

export const nats: Peer = {
  name: "nats",
  title: "NATS, WebSocket",
  hasChannels: true,
  missing: () => (findProgram(NAMES) ? undefined : "nats-server"),
  version: async () => (await run(program(), ["--version"])).replace(/^nats-server: v?/, "").trim(),
  async start({ folder, hasManyChannels }) {
    const [port, webSocketPort] = [await freePort(), await freePort()];
    const file = join(folder, "nats.conf");
    const webSocket = `websocket { listen: "127.0.0.1:${webSocketPort}", no_tls: true, compression: false }`;
    await writeFile(file, `listen: "127.0.0.1:${port}"\n${webSocket}\n`);
    const child = start(program(), ["--config", file]);
    await untilListening(child, webSocketPort);
    const channel = hasManyChannels ? "c%d" : CHANNEL;
    const hello = `CONNECT {"verbose":false,"pedantic":false}\r\nSUB ${channel} 1\r\n`;
    const publish = ["--publish", "nats", "--publish-port", String(port), "--channel", channel];
    return {
      child,
      pids: [child.pid],
      options: ["--port", String(webSocketPort), "--binary", "--hello", hello, ...publish],
    };
  },
};
