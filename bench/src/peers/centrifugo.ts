/** Centrifugo with its memory or its Redis engine; publications go in over its HTTP API. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findProgram, freePort } from "@tidewire/testkit";
import { run, start } from "../child.ts";
import { CHANNEL, type Peer, untilOk } from "./peer.ts";

type Engine = "memory" | "redis";

/** On the path, or where `go install` puts it. */
function findCentrifugo(): string | undefined {
  const found = findProgram(["centrifugo"]);
  const go = findProgram(["go"]);
  if (found || !go) return found;
  const folder = execFileSync(go, ["env", "GOPATH"], { encoding: "utf8" }).trim();
  const program = join(folder, "bin/centrifugo");
  return existsSync(program) ? program : undefined;
}

function configuration(engine: Engine, port: number, redisPort: number): object {
  const redis = { type: "redis", redis: { address: `redis://127.0.0.1:${redisPort}` } };
  return {
    http_server: { address: "127.0.0.1", port: String(port) },
    // Nobody signs in at the other servers either.
    client: { insecure: true },
    http_api: { insecure: true },
    engine: engine === "redis" ? redis : { type: "memory" },
    health: { enabled: true },
    log: { level: "error" },
    usage_stats: { disabled: true },
  };
}

export function centrifugo(engine: Engine): Peer {
  return {
    name: `centrifugo-${engine}`,
    title: `Centrifugo, ${engine} engine`,
    hasChannels: false,
    missing: () => (findCentrifugo() ? undefined : "centrifugo"),
    async version() {
      const text = await run(findCentrifugo() ?? "centrifugo", ["version"]);
      return /v?(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? text.trim();
    },
    async start({ folder, redisPort }) {
      const port = await freePort();
      const file = join(folder, "centrifugo.json");
      await writeFile(file, JSON.stringify(configuration(engine, port, redisPort)));
      const child = start(findCentrifugo() ?? "centrifugo", ["--config", file]);
      await untilOk(child, `http://127.0.0.1:${port}/health`);
      const hellos = ['{"id":1,"connect":{}}', `{"id":2,"subscribe":{"channel":"${CHANNEL}"}}`];
      const before = Buffer.from(`{"channel":"${CHANNEL}","data":"`).toString("hex");
      const after = Buffer.from('"}').toString("hex");
      const publish = ["--publish", "http", "--publish-port", String(port), "--channel", "/api/publish"];
      const body = [
        "--publish-header",
        "Content-Type: application/json",
        "--before",
        before,
        "--after",
        after,
      ];
      const subscribe = ["--path", "/connection/websocket", ...hellos.flatMap((text) => ["--hello", text])];
      return {
        child,
        pids: [child.pid],
        options: ["--port", String(port), ...subscribe, ...publish, ...body],
      };
    },
  };
}
