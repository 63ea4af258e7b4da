/** This gateway, as `pnpm --filter gateway start` runs it, with Redis, and clients of either protocol. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "@tidewire/testkit";
import { start } from "../child.ts";
import { OWN_NAME } from "../statistics.ts";
import { CHANNEL, type Peer, redisOptions, untilOk } from "./peer.ts";

const FOLDER = join(import.meta.dirname, "../../../apps/gateway");

interface Manifest {
  readonly version: string;
  readonly scripts: { readonly start: string };
}

function manifest(): Manifest {
  return JSON.parse(readFileSync(join(FOLDER, "package.json"), "utf8")) as Manifest;
}

/** What the script `start` gives to Node itself, such as `--max-semi-space-size=4`. */
function nodeFlags(): string[] {
  return manifest()
    .scripts.start.split(" ")
    .filter((word) => word.startsWith("--"));
}

/** How clients subscribe, as options of the load generator. `%d` is the number of the channel. */
interface Dialect {
  readonly name: string;
  readonly title: string;
  readonly subscribe: (channel: string) => string[];
  /** Whether the channel is kept, and published on with XADD. */
  readonly isStream: boolean;
}

const PLAIN: Dialect = {
  name: OWN_NAME,
  title: "Tidewire, plain clients",
  subscribe: (channel) => ["--path", `/?channel=${channel}`],
  isStream: false,
};

const STREAM: Dialect = {
  name: `${OWN_NAME}-stream`,
  title: "Tidewire, a stream channel",
  subscribe: PLAIN.subscribe,
  isStream: true,
};

const V1: Dialect = {
  name: `${OWN_NAME}-v1`,
  title: "Tidewire, v1 clients",
  subscribe: (channel) => [
    "--subprotocol",
    "tidewire.v1",
    "--hello",
    `{"type":"connect","id":1}\n{"type":"subscribe","id":2,"channel":"${channel}"}`,
  ],
  isStream: false,
};

function gateway({ name, title, subscribe, isStream }: Dialect): Peer {
  return {
    name,
    title,
    // One channel is named as a stream on the command line.
    hasChannels: !isStream,
    missing: () => undefined,
    version: async () => manifest().version,
    async start({ redisPort, hasManyChannels }) {
      const port = await freePort();
      const main = join(FOLDER, "src/main.ts");
      const redis = `redis://127.0.0.1:${redisPort}`;
      const flags = ["--port", String(port), "--redis", redis, ...(isStream ? ["--stream", CHANNEL] : [])];
      const child = start(process.execPath, [...nodeFlags(), main, ...flags]);
      await untilOk(child, `http://127.0.0.1:${port}/readyz`);
      const channel = hasManyChannels ? "c%d" : CHANNEL;
      const publisher = redisOptions(redisPort, channel, isStream ? "stream" : "redis");
      const options = ["--port", String(port), ...subscribe(channel), ...publisher];
      return { child, pids: [child.pid], options };
    },
  };
}

export const tidewire = gateway(PLAIN);
export const tidewireV1 = gateway(V1);
export const tidewireStream = gateway(STREAM);
