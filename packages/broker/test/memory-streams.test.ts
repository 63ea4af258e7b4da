import { describe } from "vitest";
import { createMemoryBroker } from "../src/index.ts";
import { Observer } from "./observer.ts";
import { streamsContract } from "./streams-contract.ts";

describe("the memory broker keeps streams", () => {
  streamsContract(async () => {
    const observer = new Observer();
    const broker = createMemoryBroker(observer);
    return { broker, observer, [Symbol.asyncDispose]: () => broker.close() };
  });
});
