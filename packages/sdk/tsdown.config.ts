/** What is published: a core for browsers and Node.js, with the protocol in it, hooks on the same core, and their types. */
import { defineConfig } from "tsdown";

export default defineConfig({
  entry: { index: "src/index.ts", react: "src/react/index.ts" },
  platform: "neutral",
  target: "es2022",
  tsconfig: "../tsconfig.declarations.json",
  dts: { tsgo: true },
  outputOptions: {
    // Frameworks that render on servers are told by it that hooks are for browsers.
    banner: ({ name }) => (name === "react" ? '"use client";' : ""),
  },
});
