/** Socket.IO with its Redis adapter, published to by its Redis emitter, on WebSockets only. */
import { join } from "node:path";
import { Emitter } from "@socket.io/redis-emitter";
import { freePort } from "@tidewire/testkit";
import { start } from "../child.ts";
import { type Peer, redisOptions, untilListening } from "./peer.ts";
import { installedVersion } from "./ws.ts";

/** What goes out on Redis for an event: the bytes around the payload are the same for all of one length. */
interface EmitterFrame {
  readonly channel: string;
  readonly before: Buffer;
  readonly after: Buffer;
}

/** Asks the emitter itself, with a payload that can be found again. */
export function emitterFrame(payloadBytes: number): EmitterFrame {
  const payload = "x".repeat(payloadBytes);
  const sent: { channel: string; data: Buffer }[] = [];
  const redis = {
    publish: (channel: string, data: Uint8Array) => sent.push({ channel, data: Buffer.from(data) }),
  };
  new Emitter(redis).emit("message", payload);
  const [first] = sent;
  const at = first?.data.indexOf(payload) ?? -1;
  if (!first || at < 0) throw new Error("the emitter of Socket.IO published something unknown");
  return {
    channel: first.channel,
    before: first.data.subarray(0, at),
    after: first.data.subarray(at + payloadBytes),
  };
}

export const socketIo: Peer = {
  name: "socket.io",
  title: "Socket.IO, Redis adapter",
  hasChannels: false,
  missing: () => undefined,
  version: async () =>
    `${installedVersion("socket.io")}, adapter ${installedVersion("@socket.io/redis-adapter")}`,
  async start({ redisPort, payloadBytes }) {
    const port = await freePort();
    const server = join(import.meta.dirname, "socket-io-server.ts");
    const child = start(process.execPath, [server, String(port), String(redisPort)]);
    await untilListening(child, port);
    const { channel, before, after } = emitterFrame(payloadBytes);
    const subscribe = ["--path", "/socket.io/?EIO=4&transport=websocket", "--hello", "40"];
    const around = ["--before", before.toString("hex"), "--after", after.toString("hex")];
    const options = ["--port", String(port), ...subscribe, ...redisOptions(redisPort, channel), ...around];
    return { child, pids: [child.pid], options };
  },
};
