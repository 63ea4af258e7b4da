/**
 * What is published: modules for browsers and Node.js, with the protocol in them, and their types. What several entries
 * need is in a chunk that they share, so that `TidewireError` is one class.
 */
import { defineConfig } from "tsdown";

export const ENTRIES = {
  index: "src/index.ts",
  presence: "src/presence/index.ts",
  react: "src/react/index.ts",
  server: "src/server/index.ts",
  shared: "src/shared/index.ts",
};
/** One file that imports nothing, since it may be started as it is. */
export const WORKER = { "shared-worker": "src/shared/shared-worker.ts" };

const settings = {
  platform: "neutral",
  target: "es2022",
  tsconfig: "../tsconfig.declarations.json",
  dts: { tsgo: true },
  // Of `using client = connect(…)`; not every application has it among its own.
  banner: { dts: '/// <reference lib="esnext.disposable" />' },
} as const;

export default defineConfig([
  {
    ...settings,
    entry: ENTRIES,
    outputOptions: {
      // Frameworks that render on servers are told by it that hooks are for browsers.
      banner: ({ name }) => (name === "react" ? '"use client";' : ""),
    },
  },
  { ...settings, entry: WORKER },
]);
