import { describe } from "vitest";
import { createMemoryBroker } from "../src/index.ts";
import { brokerContract } from "./contract.ts";

describe("the memory broker", () => {
  brokerContract(createMemoryBroker);
});
