/** Says how large each entry is once an application has built it in, and fails where the core is too large. */
import { gzipSync } from "node:zlib";
import { build } from "tsdown";
import { ENTRIES, WORKER } from "./tsdown.config.ts";

/** Of the main entry, minified and compressed, in bytes. */
export const MAX_BYTES = 8_192;

/** The size of an entry with all that it needs, minified and compressed as servers do. */
export async function measure(entry: string): Promise<number> {
  const [bundle] = await build({
    config: false,
    entry: { entry },
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
  for (const [name, entry] of Object.entries({ ...ENTRIES, ...WORKER })) {
    const bytes = await measure(entry);
    const isCore = name === "index";
    process.stdout.write(`${name}: ${bytes}${isCore ? ` of ${MAX_BYTES}` : ""} bytes\n`);
    if (isCore && bytes > MAX_BYTES) process.exitCode = 1;
  }
}
