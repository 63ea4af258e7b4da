/** What is known of the page's own publications. */

import { expect, test } from "vitest";
import { TidewireError } from "@tidewire/sdk";
import { Deliveries } from "../src/deliveries.ts";

const refused = new TidewireError("forbidden", "no");

function added(...texts: readonly string[]) {
  const deliveries = new Deliveries();
  const [first, ...more] = texts.map((text) => deliveries.add({ channel: "a", text, key: text, atMs: 1 }));
  if (!first) throw new Error("there is none");
  return { deliveries, first, more };
}

const shown = (deliveries: Deliveries) => deliveries.view.map(({ text, state }) => `${text}: ${state.kind}`);

test("one is shown as waiting, as sent, and not any more when the channel has brought it", () => {
  const { deliveries, first } = added("hello");
  expect(shown(deliveries)).toEqual(["hello: waiting"]);
  deliveries.succeed(first.id, 5);
  expect(shown(deliveries)).toEqual(["hello: sent"]);
  deliveries.see("a", "hello");
  expect(shown(deliveries)).toEqual([]);
});

test("one that comes before its acknowledgement is not shown twice, and the acknowledgement changes nothing", () => {
  const { deliveries, first } = added("hello");
  deliveries.see("a", "hello");
  expect(shown(deliveries)).toEqual([]);
  deliveries.succeed(first.id, 5);
  expect(shown(deliveries)).toEqual([]);
});

test("one that fails stays, whatever comes, until a person has done with it", () => {
  const { deliveries, first } = added("hello");
  deliveries.see("a", "hello");
  deliveries.fail(first.id, refused);
  expect(shown(deliveries)).toEqual(["hello: failed"]);
  deliveries.see("a", "hello");
  expect(shown(deliveries)).toEqual(["hello: failed"]);
  deliveries.remove(first.id);
  expect(shown(deliveries)).toEqual([]);
});

test("the same text twice is two, and the same text elsewhere is another", () => {
  const { deliveries } = added("hello", "hello");
  deliveries.see("b", "hello");
  expect(shown(deliveries)).toEqual(["hello: waiting", "hello: waiting"]);
  deliveries.see("a", "hello");
  expect(shown(deliveries)).toEqual(["hello: waiting"]);
});

test("those that were sent and do not come are handed out, and only those", () => {
  const { deliveries, first } = added("lost", "waiting");
  deliveries.succeed(first.id, 5);
  expect(deliveries.takeSent(4)).toEqual([]);
  expect(deliveries.takeSent(5).map(({ text }) => text)).toEqual(["lost"]);
  expect(shown(deliveries)).toEqual(["waiting: waiting"]);
});

test("what nothing happens to any more is bounded, and what waits is not dropped", () => {
  const { deliveries, more } = added("waiting", ...Array.from({ length: 150 }, (_, n) => `${n}`));
  for (const { id } of more) deliveries.fail(id, refused);
  expect(shown(deliveries)).toHaveLength(101);
  expect(shown(deliveries).slice(0, 2)).toEqual(["waiting: waiting", "50: failed"]);
});
