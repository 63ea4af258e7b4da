/**
 * Preloaded by a command under test: it waits for the first answer of a gateway as long as a busy machine takes.
 *
 * The gateway is a part of the test's own process, which may stand still for longer than a real one.
 */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

const TARGET = new URL("../src/gateway.ts", import.meta.url);
const [before, after, ...rest] = readFileSync(TARGET, "utf8").split("GATEWAY_TIMEOUT_MS = 2_000;");
if (after === undefined || rest.length > 0) throw new Error("the time for an answer is not where it was");

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (url !== TARGET.href) return loaded;
    return { ...loaded, source: `${before}GATEWAY_TIMEOUT_MS = 60_000;${after}` };
  },
});
