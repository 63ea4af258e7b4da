/** Settings for the tests of every package. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Real servers, processes and browsers: a bound for what hangs, not an expectation.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
