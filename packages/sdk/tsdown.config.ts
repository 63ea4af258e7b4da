/** What is published: one module for browsers and Node.js, with the protocol in it, and its types. */
import { defineConfig } from "tsdown";

export default defineConfig({
  entry: { index: "src/index.ts" },
  platform: "neutral",
  target: "es2022",
  tsconfig: "../tsconfig.declarations.json",
  dts: { tsgo: true },
});
