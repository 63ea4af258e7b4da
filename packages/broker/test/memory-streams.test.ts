import { describe, expect, test } from "vitest";
import { createMemoryBroker } from "../src/index.ts";
import { Observer, valueOf } from "./observer.ts";
import { headOf, LONG, NOT_TAILED } from "./stream-helpers.ts";
import { streamsContract } from "./streams-contract.ts";

describe("the memory broker keeps streams", () => {
  streamsContract(async () => {
    const observer = new Observer();
    const broker = createMemoryBroker(observer);
    return { broker, observer, [Symbol.asyncDispose]: () => broker.close() };
  });

  test("as long as entries also when whoever followed them has left, and no longer", async () => {
    let nowMs = 1_000_000;
    const { streams } = createMemoryBroker(new Observer(), () => nowMs);
    const position = valueOf(await streams.follow("s", { ...NOT_TAILED, retention: LONG }));
    nowMs += 2 * LONG.maxAgeMs;
    streams.unfollow("s");
    nowMs += LONG.maxAgeMs;
    valueOf(await streams.sweep(() => LONG));
    expect(await headOf(streams, "s")).toEqual(position);
    nowMs += 1;
    valueOf(await streams.sweep(() => LONG));
    expect(await headOf(streams, "s")).not.toEqual(position);
  });
});
