import { describe, expect, test } from "vitest";
import { createMemoryBroker } from "../src/index.ts";
import { Observer, valueOf } from "./observer.ts";
import { presenceContract } from "./presence-contract.ts";
import { renew, someone, toldUntilSentinel } from "./presence-helpers.ts";

async function open() {
  const observer = new Observer();
  const broker = createMemoryBroker(observer);
  return { broker, observer, [Symbol.asyncDispose]: () => broker.close() };
}

describe("the memory broker knows who is where", () => {
  presenceContract(open);

  test("who was let go while there was no lease leaves with the next one, and nobody else", async () => {
    await using opened = await open();
    const { broker } = opened;
    const { presence } = broker;
    await renew(opened, "a");
    valueOf(await presence.watch("room"));
    for (const id of ["ann", "bob"]) valueOf(await presence.enter("room", someone(id)));
    await broker.endLease();
    const left = presence.leave("room", "ann");
    await renew(opened, "a");
    valueOf(await left);
    expect(await toldUntilSentinel(opened, "room")).toEqual(["+ann", "+bob", "-ann"]);
  });
});
