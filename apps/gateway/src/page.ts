/** The browser page: the built files of the app `client`, and index.html with the default channel in it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DEFAULT_CHANNEL } from "@tidewire/protocol";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

// WebSockets to any host, since the page also speaks to gateways behind another name.
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "connect-src 'self' ws: wss:",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const META_START = '<meta name="tidewire-channel" content="';
const DEFAULT_CHANNEL_META = META_START + DEFAULT_CHANNEL;

const FOLDER = fileURLToPath(new URL("dist/", import.meta.resolve("client/package.json")));

/** Serves the page at `/`. Without a built page, `/` says how to build it. */
export async function addPage(app: FastifyInstance, defaultChannel: string): Promise<void> {
  const html = await readFile(join(FOLDER, "index.html"), "utf8").catch(() => undefined);
  if (html === undefined) {
    app.get("/", async (_request, reply) =>
      reply.code(503).type("text/plain").send("The page is not built. Run: pnpm build\n"),
    );
    return;
  }
  // The grammar of channel names holds no sign that means something in an attribute. "$" does in a replacement
  // text, hence the function.
  const page = html.replace(DEFAULT_CHANNEL_META, () => META_START + defaultChannel);
  app.get("/", async (_request, reply) =>
    reply
      .headers({
        "content-security-policy": CONTENT_SECURITY_POLICY,
        "cache-control": "no-cache",
        "referrer-policy": "no-referrer",
      })
      .type("text/html; charset=utf-8")
      .send(page),
  );
  await app.register(fastifyStatic, {
    root: FOLDER,
    index: false,
    wildcard: false,
    globIgnore: ["**/index.html"],
    cacheControl: false,
    setHeaders: (reply, path) => {
      // Vite puts a hash of the content into the names of what it builds, and only of that.
      const isHashed = path.startsWith(join(FOLDER, "assets"));
      reply.header("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
}
