import { mkdir, mkdtempDisposable, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "@tidewire/testkit";
import { publint } from "publint";
import { beforeAll, describe, expect, test } from "vitest";
import { MAX_BYTES, measure } from "../size.ts";
import { type BuiltFile, buildFiles, packedManifest } from "./built.ts";

const TSC = fileURLToPath(new URL("../../../node_modules/typescript/bin/tsc", import.meta.url));
const ZOD = fileURLToPath(new URL("../node_modules/zod", import.meta.url));

let files: BuiltFile[];
beforeAll(async () => {
  files = [
    { name: "package.json", text: JSON.stringify(await packedManifest()) },
    ...(await buildFiles()),
    { name: "README.md", text: await readFile(new URL("../README.md", import.meta.url), "utf8") },
  ];
});

/** An application that has it installed, and a library for schemas. */
async function installed(application: BuiltFile) {
  const folder = await mkdtempDisposable(join(tmpdir(), "tidewire-app-"));
  const all = files.map(({ name, text }) => ({ name: `node_modules/@tidewire/sdk/${name}`, text }));
  for (const { name, text } of [...all, application, { name: "package.json", text: '{"type":"module"}' }]) {
    await mkdir(dirname(join(folder.path, name)), { recursive: true });
    await writeFile(join(folder.path, name), text);
  }
  await symlink(ZOD, join(folder.path, "node_modules/zod"));
  return folder;
}

/** What the compiler says of its `app.ts`. */
function typecheck(folder: string, resolution = "nodenext") {
  const module = resolution === "bundler" ? "esnext" : "nodenext";
  const settings = ["--strict", "--noEmit", "--target", "es2024", "--lib", "es2024,esnext.disposable,dom"];
  const args = [TSC, ...settings, "--module", module, "--moduleResolution", resolution, "app.ts"];
  return run(process.execPath, args, { cwd: folder });
}

describe("the package", () => {
  test("is small enough", async () => {
    expect(await measure("src/index.ts")).toBeLessThanOrEqual(MAX_BYTES);
  });

  test.each(["index", "server", "shared", "shared-worker"])("has the entry %s and its types", (entry) => {
    expect(files.map(({ name }) => name)).toEqual(
      expect.arrayContaining([`dist/${entry}.js`, `dist/${entry}.d.ts`]),
    );
  });

  test("imports nothing but what is in it", () => {
    for (const { text } of files.filter(({ name }) => name.startsWith("dist/"))) {
      expect(text).not.toMatch(/^import "|\bfrom "(?!\.\/)|\bimport\(|\brequire\(/m);
    }
  });

  test("has nothing that publint complains about", async () => {
    const packed = files.map(({ name, text }) => ({ name: `/package/${name}`, data: Buffer.from(text) }));
    const { messages } = await publint({ pkgDir: "/package", pack: { files: packed }, strict: true });
    expect(messages).toEqual([]);
  });

  test("can be installed and run by an application in plain JavaScript", async () => {
    const text = `import { connect } from "@tidewire/sdk";
      const client = connect("ws://127.0.0.1:1/");
      client.close();
      console.log(client.state.kind);`;
    await using folder = await installed({ name: "app.js", text });
    const result = await run(process.execPath, ["app.js"], { cwd: folder.path });
    expect(result).toMatchObject({ exit: 0, stdout: "closed" });
  });

  test("has a worker that is one file", () => {
    const worker = files.find(({ name }) => name === "dist/shared-worker.js")?.text;
    expect(worker).not.toMatch(/^import|^export/m);
  });

  test("has one class of errors, whichever entry they come from", async () => {
    const text = `import { TidewireError } from "@tidewire/sdk";
      import { createServerClient } from "@tidewire/sdk/server";
      const server = createServerClient("http://127.0.0.1:1/", { timeoutMs: 0 });
      console.log(await server.gateways().catch((error) => error instanceof TidewireError));`;
    await using folder = await installed({ name: "app.js", text });
    const result = await run(process.execPath, ["app.js"], { cwd: folder.path });
    expect(result).toMatchObject({ exit: 0, stdout: "true" });
  });

  test("has examples in its README that fit its types", async () => {
    const readme = files.find(({ name }) => name === "README.md")?.text ?? "";
    const examples = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code = ""]) =>
      code.replaceAll(/^import .*/gm, ""),
    );
    expect(examples.length).toBeGreaterThan(5);
    const [first = "", ...others] = examples;
    // Each goes on from the first, and has names of its own.
    const text = `import { connect, defineChannel, TidewireError } from "@tidewire/sdk";
      import { createServerClient } from "@tidewire/sdk/server";
      import { shareTabs } from "@tidewire/sdk/shared";
      import { z } from "zod";
      ${first}
      ${others.map((code) => `{ ${code} }`).join("\n")}`;
    await using folder = await installed({ name: "app.ts", text });
    expect(await typecheck(folder.path)).toMatchObject({ exit: 0, stdout: "" });
  });

  test.each(["nodenext", "bundler"])(
    "has types for an application that resolves modules as %s",
    async (resolution) => {
      const text = `import { connect, type Message, TidewireError } from "@tidewire/sdk";
      const client = connect("ws://127.0.0.1:1/", { getToken: async () => "token" });
      const last: Message[] = [];
      for await (const message of client.channel("room:1").messages({ limit: 10 })) last.push(message);
      const { duplicate }: { duplicate: boolean } = await client.channel("room:1").publish({ text: ["a", null] });
      export const isRetry = (error: unknown) => error instanceof TidewireError && error.retry && duplicate;
      // @ts-expect-error JSON has no functions
      await client.channel("room:1").publish(() => {});`;
      await using folder = await installed({ name: "app.ts", text });
      expect(await typecheck(folder.path, resolution)).toMatchObject({ exit: 0, stdout: "" });
    },
  );
});
