import { fileURLToPath } from "node:url";
import { run } from "@tidewire/testkit";
import { publint } from "publint";
import { beforeAll, describe, expect, test } from "vitest";
import { MAX_BYTES, measure } from "../size.ts";
import { examplesIn, install, packFiles, readReadme } from "./application.ts";
import type { BuiltFile } from "./built.ts";

const TSC = fileURLToPath(new URL("../../../node_modules/typescript/bin/tsc", import.meta.url));

let files: BuiltFile[];
beforeAll(async () => {
  files = await packFiles();
});

/** What the compiler says of an application's file. */
function typecheck(folder: string, file: string, resolution = "nodenext") {
  const module = resolution === "bundler" ? "esnext" : "nodenext";
  const settings = ["--strict", "--noEmit", "--target", "es2024", "--lib", "es2024,dom"];
  const modules = ["--module", module, "--moduleResolution", resolution, "--jsx", "react-jsx"];
  return run(process.execPath, [TSC, ...settings, ...modules, file], { cwd: folder });
}

/** Examples without their imports: each goes on from the first, and has names of its own. */
function joined(examples: readonly string[]): string {
  const [first = "", ...others] = examples.map((code) => code.replaceAll(/^import .*/gm, ""));
  return `${first}\n${others.map((code) => `{ ${code} }`).join("\n")}`;
}

/** All that a module imports. */
function importsIn(text: string): string[] {
  const found = text.matchAll(/^import "([^"]*)|\bfrom "([^"]*)|\b(?:import|require)\((.*)/gm);
  return Array.from(found, ([, bare, named, called]) => bare ?? named ?? called ?? "");
}

describe("the package", () => {
  test("is small enough", async () => {
    expect(await measure("src/index.ts")).toBeLessThanOrEqual(MAX_BYTES);
  });

  test.each(["index", "presence", "react", "server", "shared", "shared-worker"])(
    "has the entry %s and its types",
    (entry) => {
      expect(files.map(({ name }) => name)).toEqual(
        expect.arrayContaining([`dist/${entry}.js`, `dist/${entry}.d.ts`]),
      );
    },
  );

  test("imports nothing but what is in it, and React for its hooks", () => {
    const imported = files
      .filter(({ name }) => name.startsWith("dist/"))
      .flatMap(({ name, text }) => importsIn(text).map((from) => ({ from, name: name.replace(/\..*/, "") })));
    const foreign = imported.filter(({ from }) => !from.startsWith("./"));
    expect(foreign).toEqual(foreign.map(() => ({ from: "react", name: "dist/react" })));
    expect(foreign).not.toEqual([]);
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
    await using folder = await install(files, { name: "app.js", text });
    const result = await run(process.execPath, ["app.js"], { cwd: folder.path });
    expect(result).toMatchObject({ exit: 0, stdout: "closed" });
  });

  test("has a worker that is one file", () => {
    const worker = files.find(({ name }) => name === "dist/shared-worker.js")?.text;
    expect(worker).not.toMatch(/^import|^export/m);
  });

  test("has one class of errors, whichever entry they come from", async () => {
    const text = `import { connect, TidewireError } from "@tidewire/sdk";
      import { createServerClient } from "@tidewire/sdk/server";
      import { TidewireProvider, useChannel } from "@tidewire/sdk/react";
      import { createElement } from "react";
      import { renderToString } from "react-dom/server";
      const server = createServerClient("http://127.0.0.1:1/", { timeoutMs: 0 });
      const client = connect("ws://127.0.0.1:1/");
      client.close();
      const Faulty = () => useChannel("room:1", { limit: -1 }).messages;
      const render = async () => renderToString(createElement(TidewireProvider, { client }, createElement(Faulty)));
      const errors = await Promise.all([server.gateways(), render()].map((result) => result.catch((error) => error)));
      console.log(errors.map((error) => error instanceof TidewireError).join());`;
    await using folder = await install(files, { name: "app.js", text });
    const result = await run(process.execPath, ["app.js"], { cwd: folder.path });
    expect(result).toMatchObject({ exit: 0, stdout: "true,true" });
  });

  test("has examples in its README that fit its types", async () => {
    const readme = await readReadme();
    const [plain, hooks] = [examplesIn(readme, "ts"), examplesIn(readme, "tsx")];
    expect([plain.length, hooks.length]).toEqual([expect.toSatisfy((count) => count > 5), 4]);
    const imports = `import { connect, defineChannel, TidewireError } from "@tidewire/sdk";
      import { presenceOf } from "@tidewire/sdk/presence";
      import { createServerClient } from "@tidewire/sdk/server";
      import { shareTabs } from "@tidewire/sdk/shared";
      import { z } from "zod";\n`;
    const reactImports = `import { SocketProvider, TidewireProvider, useChannel, useConnection, usePresence, useSocket } from "@tidewire/sdk/react";
      import { useState } from "react";
      import { createRoot } from "react-dom/client";\n`;
    await using folder = await install(
      files,
      { name: "app.ts", text: imports + joined(plain) },
      { name: "page.tsx", text: imports + reactImports + joined(hooks) },
    );
    expect(await typecheck(folder.path, "app.ts")).toMatchObject({ exit: 0, stdout: "" });
    expect(await typecheck(folder.path, "page.tsx")).toMatchObject({ exit: 0, stdout: "" });
  });

  test("has a chat in its README that takes twenty lines", async () => {
    const [chat = ""] = examplesIn(await readReadme(), "tsx");
    expect(chat.trimEnd().split("\n").length).toBeLessThanOrEqual(20);
  });

  test.each(["nodenext", "bundler"])(
    "has types for an application that resolves modules as %s",
    async (resolution) => {
      const text = `import { connect, type Message, TidewireError } from "@tidewire/sdk";
      import { type ChannelView, useChannel } from "@tidewire/sdk/react";
      export const useRoom = (): ChannelView => useChannel("room:1", { last: 5 });
      const client = connect("ws://127.0.0.1:1/", { getToken: async () => "token" });
      const last: Message[] = [];
      for await (const message of client.channel("room:1").messages({ limit: 10 })) last.push(message);
      const { duplicate }: { duplicate: boolean } = await client.channel("room:1").publish({ text: ["a", null] });
      export const isRetry = (error: unknown) => error instanceof TidewireError && error.retry && duplicate;
      // @ts-expect-error JSON has no functions
      await client.channel("room:1").publish(() => {});`;
      await using folder = await install(files, { name: "app.ts", text });
      expect(await typecheck(folder.path, "app.ts", resolution)).toMatchObject({ exit: 0, stdout: "" });
    },
  );
});
