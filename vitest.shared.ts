/** Settings for the tests of every package. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Real servers, processes and browsers on a machine that may be busy: bounds for what hangs, not expectations.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    // A file for each core, rather than one core left alone: many tests mostly wait.
    maxWorkers: "100%",
  },
});
