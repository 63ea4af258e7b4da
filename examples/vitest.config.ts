import { mergeConfig } from "vitest/config";
import shared from "../vitest.shared.ts";

// Most of their time is waiting: for a tick, for the end of a lease.
export default mergeConfig(shared, { test: { maxWorkers: 3 } });
