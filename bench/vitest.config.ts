/** The shared settings, and more tests at a time: those of the load generators mostly wait. */
import { mergeConfig } from "vitest/config";
import shared from "../vitest.shared.ts";

export default mergeConfig(shared, { test: { maxConcurrency: 12, maxWorkers: 2 } });
