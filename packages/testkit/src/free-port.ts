/** Finds a TCP port for a program that can't choose one by itself, or that has to come back there. */
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Those that no system hands out by itself, be it to a server or to a client: these begin at 32768 on Linux, and at
 * 49152 elsewhere (RFC 6335, section 6). So while a program is away, nobody else gets its port by chance. Of higher
 * ones than 10080 there is none that `fetch` and browsers refuse to ask (Fetch standard, section 2.9).
 */
const PORTS = { min: 10_081, max: 32_767 };

/** A port on 127.0.0.1 that was free a moment ago; whoever binds it must be ready to ask for another. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.min, PORTS.max + 1);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
