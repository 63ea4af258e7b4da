/** The browser page: the built files of the app `client`, and index.html with this gateway's settings in it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
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

const FOLDER = fileURLToPath(new URL("dist/", import.meta.resolve("client/package.json")));

/** What the page must know of its gateway. */
export interface PageSettings {
  readonly defaultChannel: string;
  readonly maxMessageBytes: number;
}

/** Serves the page at `/`. Without a built page, `/` says how to build it. */
export async function addPage(app: FastifyInstance, settings: PageSettings): Promise<void> {
  const html = await readFile(join(FOLDER, "index.html"), "utf8").catch(() => undefined);
  if (html === undefined) {
    app.get("/", async (_request, reply) =>
      reply.code(503).type("text/plain").send("The page is not built. Run: pnpm build\n"),
    );
    return;
  }
  const page = withMeta(
    withMeta(html, "tidewire-channel", settings.defaultChannel),
    "tidewire-max-message-bytes",
    String(settings.maxMessageBytes),
  );
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

// Neither channel names nor numbers hold a sign that means something in an attribute. "$" does in a replacement text,
// hence the function.
function withMeta(html: string, name: string, content: string): string {
  return html.replace(
    new RegExp(`(<meta name="${name}" content=")[^"]*`),
    (_all, start: string) => start + content,
  );
}
