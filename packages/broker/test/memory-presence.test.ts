import { describe } from "vitest";
import { createMemoryBroker } from "../src/index.ts";
import { Observer } from "./observer.ts";
import { presenceContract } from "./presence-contract.ts";

describe("the memory broker knows who is where", () => {
  presenceContract(async () => {
    const observer = new Observer();
    const broker = createMemoryBroker(observer);
    return { broker, observer, [Symbol.asyncDispose]: () => broker.close() };
  });
});
