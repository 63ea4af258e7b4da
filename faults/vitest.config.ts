/** The shared settings, with time for rounds of many processes. */
import { mergeConfig } from "vitest/config";
import shared from "../vitest.shared.ts";

export default mergeConfig(shared, {
  test: { maxConcurrency: 4, maxWorkers: 2, testTimeout: 600_000 },
});
