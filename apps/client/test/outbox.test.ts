/** What is known of the page's own messages, until they are in the log. */

import { expect, test } from "vitest";
import { type Json, TidewireError } from "@tidewire/sdk";
import { deliverySummary, deliveryText } from "../src/sending/delivery-text.ts";
import { echoedKeys, writtenAgain } from "../src/sending/echoes.ts";
import { Outbox, type Outgoing } from "../src/sending/outbox.ts";
import { KeptValues } from "../src/kept-values.ts";
import { entryOf, saidBy } from "./entries.ts";

const refused = new TidewireError("forbidden", "no");

function facts(key: string, data: Json = key): Omit<Outgoing, "state"> {
  return { key, user: "me", channel: "channel", text: key, data, atMs: 1, afterKey: 0 };
}

function states(outbox: Outbox): readonly string[] {
  return outbox.getSnapshot().map(({ key, state }) => `${key}: ${state.kind}`);
}

/** Where there is no storage, they are kept as long as this object. */
function keptInPage(): KeptValues {
  return new KeptValues(() => {
    throw new Error("no storage");
  });
}

const settled = () => new Promise(setImmediate);

test("one waits, and is sent once it was taken", async () => {
  const outbox = new Outbox(keptInPage());
  const publication = Promise.withResolvers<void>();
  outbox.send(facts("a"), () => publication.promise);
  expect(states(outbox)).toEqual(["a: waiting"]);
  publication.resolve();
  await settled();
  expect(states(outbox)).toEqual(["a: sent"]);
});

test("one that failed stays, and is sent again with its key, at its place", async () => {
  const outbox = new Outbox(keptInPage());
  outbox.send(facts("a"), () => Promise.reject(refused));
  outbox.send(facts("b"), () => Promise.resolve());
  await settled();
  expect(states(outbox)).toEqual(["a: failed", "b: sent"]);
  const [failed] = outbox.getSnapshot();
  const keys: string[] = [];
  if (failed) outbox.send(failed, async ({ key }) => void keys.push(key));
  await settled();
  expect(keys).toEqual(["a"]);
  expect(states(outbox)).toEqual(["a: sent", "b: sent"]);
});

test("one that somebody has done with does not come back with its answer", async () => {
  const outbox = new Outbox(keptInPage());
  outbox.send(facts("a"), () => Promise.resolve());
  outbox.remove(["a"]);
  await settled();
  expect(states(outbox)).toEqual([]);
});

test("what was not answered when the page was loaded anew is there again, for a person to decide", async () => {
  const kept = keptInPage();
  const outbox = new Outbox(kept);
  outbox.send({ ...facts("a"), afterKey: 7 }, () => Promise.reject(refused));
  outbox.send(facts("b"), () => Promise.resolve());
  await settled();
  outbox.send({ ...facts("c"), afterKey: 7 }, () => Promise.withResolvers<void>().promise);
  const again = new Outbox(kept);
  expect(again.getSnapshot()).toEqual([
    { ...facts("a"), state: { kind: "failed", reason: { code: "forbidden", message: "no" } } },
    { ...facts("c"), state: { kind: "interrupted" } },
  ]);
  expect(states(new Outbox(kept))).toEqual(states(again));
  kept.keep("outbox", [{ key: 5 }, null, ...again.getSnapshot().slice(1)]);
  expect(states(new Outbox(kept))).toEqual(["c: interrupted"]);
});

function outgoing(key: string, data: Json = key, kind: "waiting" | "failed" = "waiting"): Outgoing {
  const state = kind === "failed" ? { kind, reason: refused } : { kind };
  return { ...facts(key, data), state };
}

test("what people say is known again by its key, whoever else says the same", () => {
  const mine = outgoing("key 3", { text: "hello", name: "ME", id: "me", key: "key 3" });
  expect([...echoedKeys([mine], [saidBy(1, "ann", "hello"), saidBy(2, "me", "hello")])]).toEqual([]);
  expect([...echoedKeys([mine], [saidBy(3, "me", "hello")])]).toEqual(["key 3"]);
});

test("one that is said to have failed and is in the log all the same, is", () => {
  const mine = outgoing("key 3", { text: "hello", name: "ME", id: "me", key: "key 3" }, "failed");
  expect([...echoedKeys([mine], [saidBy(3, "me", "hello")])]).toEqual(["key 3"]);
});

test("a bare text is known by itself: the same text twice is two, and what was there before does not count", () => {
  const two = [outgoing("a", "hello"), outgoing("b", "hello")];
  expect([...echoedKeys(two, [entryOf(0, "hello")])]).toEqual([]);
  expect([...echoedKeys(two, [entryOf(1, "hello")])]).toEqual(["a"]);
  expect([...echoedKeys(two, [entryOf(1, "hello"), entryOf(2, "hello")])]).toEqual(["a", "b"]);
});

test("one that is sent again on another list, which counts from the start, is known in it", () => {
  const again = writtenAgain({ ...outgoing("a", "hello"), afterKey: 300 }, 4);
  expect([...echoedKeys([again], [entryOf(4, "hello"), entryOf(5, "hello")])]).toEqual(["a"]);
  expect([...echoedKeys([again], [entryOf(4, "hello")])]).toEqual([]);
  expect(writtenAgain(again, 9).afterKey).toBe(4);
});

test("a bare text that failed stays, whatever comes", () => {
  expect([...echoedKeys([outgoing("a", "hello", "failed")], [entryOf(1, "hello")])]).toEqual([]);
});

test("what becomes of them is said", () => {
  const waiting = outgoing("a");
  const failed = outgoing("b", "b", "failed");
  expect(deliveryText(waiting, false).text).toBe("Waiting for the connection");
  expect(deliveryText(failed, true).text).toBe("Not sent: no (forbidden)");
  const interrupted: Outgoing = { ...waiting, state: { kind: "interrupted" } };
  expect(deliveryText(interrupted, true).text).toBe(
    "Perhaps not sent: the page was loaded anew before an answer came",
  );
  expect(deliverySummary([waiting, interrupted], true)?.text).toBe("1 message not sent");
  expect(deliverySummary([waiting], true)).toBeUndefined();
  expect(deliverySummary([waiting, waiting], false)?.text).toBe("2 messages waiting");
  expect(deliverySummary([waiting, failed], false)?.text).toBe("1 message not sent");
});
