/**
 * What is published: modules for browsers and Node.js, with the protocol in them, and their types. What several entries
 * need is in a chunk that they share, so that `TidewireError` is one class.
 */
import { defineConfig } from "tsdown";

export const ENTRIES = { index: "src/index.ts", server: "src/server/index.ts" };

export default defineConfig({
  entry: ENTRIES,
  platform: "neutral",
  target: "es2022",
  tsconfig: "../tsconfig.declarations.json",
  dts: { tsgo: true },
});
