/** Applications that have the library installed as it would be published, and what goes with it. */
import { mkdir, mkdtempDisposable, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsdown";
import { type BuiltFile, buildFiles, packedManifest } from "./built.ts";

/** What applications install beside it. */
const OTHERS = ["zod", "react", "react-dom", "@types/react", "@types/react-dom"];

/** The package, with all that would be packed. */
export async function packFiles(): Promise<BuiltFile[]> {
  return [
    { name: "package.json", text: JSON.stringify(await packedManifest()) },
    ...(await buildFiles()),
    { name: "README.md", text: await readReadme() },
  ];
}

export function readReadme(): Promise<string> {
  return readFile(new URL("../README.md", import.meta.url), "utf8");
}

/** The examples of a README in that language. */
export function examplesIn(readme: string, language: string): string[] {
  return [...readme.matchAll(/```(\w+)\n(.*?)```/gs)].flatMap(([, name, code = ""]) =>
    name === language ? [code] : [],
  );
}

/** A folder with these files of an application, and the package in it. */
export async function install(packed: readonly BuiltFile[], ...application: readonly BuiltFile[]) {
  const folder = await mkdtempDisposable(join(tmpdir(), "tidewire-app-"));
  const all = packed.map(({ name, text }) => ({ name: `node_modules/@tidewire/sdk/${name}`, text }));
  const manifest = { name: "package.json", text: '{"type":"module"}' };
  for (const { name, text } of [...all, ...application, manifest]) {
    await mkdir(dirname(join(folder.path, name)), { recursive: true });
    await writeFile(join(folder.path, name), text);
  }
  await mkdir(join(folder.path, "node_modules/@types"));
  for (const name of OTHERS) {
    const target = fileURLToPath(new URL(`../node_modules/${name}`, import.meta.url));
    await symlink(target, join(folder.path, "node_modules", name));
  }
  return folder;
}

/** One script for a page, with all that the application imports in it. */
export async function bundle(folder: string, entry: string): Promise<string> {
  const [result] = await build({
    config: false,
    cwd: folder,
    entry: { application: entry },
    platform: "browser",
    tsconfig: false,
    define: { "process.env.NODE_ENV": '"production"' },
    dts: false,
    write: false,
    logLevel: "silent",
  });
  const [chunk] = result?.chunks ?? [];
  if (!chunk || !("code" in chunk)) throw new Error("nothing was built");
  return chunk.code;
}
