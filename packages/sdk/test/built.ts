/** The library as it would be published, without a folder to write it to. */
import { readFile } from "node:fs/promises";
import { build } from "tsdown";

export interface BuiltFile {
  readonly name: string;
  readonly text: string;
}

/** Everything that `dist` would hold. */
export async function buildFiles(): Promise<BuiltFile[]> {
  const bundles = await build({ write: false, logLevel: "silent" });
  const chunks = bundles.flatMap((bundle) => bundle.chunks);
  return chunks.map((chunk) => ({
    name: `dist/${chunk.fileName}`,
    text: "code" in chunk ? chunk.code : String(chunk.source),
  }));
}

/** `package.json` as pnpm packs it: what stands under `publishConfig` takes its place. */
export async function packedManifest(): Promise<Record<string, unknown>> {
  const text = await readFile(new URL("../package.json", import.meta.url), "utf8");
  const { publishConfig, ...manifest } = JSON.parse(text) as Record<string, unknown>;
  return { ...manifest, ...(publishConfig as object) };
}
