/** What the others are compared with: a minimal program in C that reads Redis and writes one shared buffer to every socket. */
import { freePort } from "@tidewire/testkit";
import { start } from "../child.ts";
import { compile, findCompiler } from "../load.ts";
import { LIMIT_NAME } from "../statistics.ts";
import { CHANNEL, type Peer, redisOptions, untilListening } from "./peer.ts";

export const limit: Peer = {
  name: LIMIT_NAME,
  title: "Limit (a C program)",
  hasChannels: false,
  missing: () => (findCompiler() ? undefined : "a C compiler (cc, gcc or clang)"),
  version: async () => "",
  async start({ redisPort, folder }) {
    const compiler = findCompiler();
    if (!compiler) throw new Error("no C compiler");
    const program = await compile(compiler, folder, "limit", ["limit"]);
    const port = await freePort();
    const child = start(program, [String(port), String(redisPort), CHANNEL]);
    await untilListening(child, port);
    return {
      child,
      pids: [child.pid],
      options: ["--port", String(port), ...redisOptions(redisPort, CHANNEL)],
    };
  },
};
