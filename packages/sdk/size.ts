/** Says how large the core is once an application has built it in, and fails where that is too large. */
import { gzipSync } from "node:zlib";
import { build } from "tsdown";

/** Minified and compressed, in bytes. */
export const MAX_BYTES = 8_192;

/** The size of the main entry with all that it needs, minified and compressed as servers do. */
export async function measure(): Promise<number> {
  const [bundle] = await build({
    config: false,
    entry: { index: "src/index.ts" },
    platform: "neutral",
    target: "es2022",
    minify: true,
    write: false,
    dts: false,
    logLevel: "silent",
  });
  const code = bundle?.chunks.map((chunk) => ("code" in chunk ? chunk.code : "")).join("") ?? "";
  if (code === "") throw new Error("nothing was built");
  return gzipSync(code, { level: 9 }).length;
}

if (import.meta.main) {
  const bytes = await measure();
  process.stdout.write(`${bytes} of ${MAX_BYTES} bytes\n`);
  process.exitCode = bytes > MAX_BYTES ? 1 : 0;
}
