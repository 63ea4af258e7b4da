import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { failure, success } from "../src/broker.ts";
import type { BrokerError, Entry, Page, Position, ReadRequest, Result } from "../src/index.ts";
import { StreamFollower } from "../src/stream-follower.ts";
import { text, textOf } from "./observer.ts";

function at(index: number): Position {
  return { epoch: "e", id: `${index}-0`, digest: "-" };
}

function entry(index: number): Entry {
  return { position: at(index), publication: text(String(index)) };
}

function bell(index: number) {
  return { before: at(index - 1), entry: entry(index) };
}

function page(from: number, to: number, rest: Partial<Page> = {}): Result<Page> {
  const entries = Array.from({ length: to - from + 1 }, (_, offset) => entry(from + offset));
  return success({ entries, head: at(to), isComplete: true, hasMore: false, ...rest });
}

/** A follower behind the entry 0, whose reads the test answers. */
async function openFollower() {
  const reads: { request: ReadRequest; answer: (result: Result<Page>) => Promise<void> }[] = [];
  const told: string[] = [];
  const state = { mayGive: true };
  const follower = new StreamFollower({
    read: (request) =>
      new Promise((resolve) => {
        const answer = async (result: Result<Page>) => {
          resolve(result);
          await turn();
        };
        reads.push({ request, answer });
      }),
    mayGive: () => state.mayGive,
    onEntry: (each) => {
      told.push(textOf(each));
      if (textOf(each) === "last wish") follower.end(failure("closed", "by itself"));
    },
    onGap: () => told.push("gap"),
    onCaughtUp: () => told.push(`at ${follower.head?.id}`),
    onRefused: ({ code }: BrokerError) => told.push(code),
  });
  follower.begin();
  await reads.shift()?.answer(page(1, 0, { head: at(0) }));
  told.length = 0;
  return { follower, reads, told, state };
}

describe("a follower of a stream", () => {
  test("takes a bell for what it brings when it is right behind the head, and asks nobody", async () => {
    const { follower, reads, told } = await openFollower();
    follower.hear(bell(1));
    follower.hear(bell(2));
    follower.hear(bell(1));
    expect(told).toEqual(["1", "2"]);
    expect(reads).toEqual([]);
  });

  test("looks when a bell shows that something was missed, and drops what it was given by then", async () => {
    const { follower, reads, told } = await openFollower();
    follower.hear(bell(2));
    follower.hear(bell(3));
    expect(reads[0]?.request.stretch).toEqual({ kind: "after", position: at(0) });
    await reads.shift()?.answer(page(1, 3));
    follower.hear(bell(3));
    expect(told).toEqual(["1", "2", "3", "at 3-0"]);
    expect(reads).toEqual([]);
  });

  test("looks again when something newer has rung meanwhile, or a bell that says nothing", async () => {
    const { follower, reads, told } = await openFollower();
    void follower.look();
    follower.hear(bell(2));
    await reads.shift()?.answer(page(1, 1));
    expect(told).toEqual(["1", "at 1-0"]);
    follower.hear(undefined);
    await reads.shift()?.answer(page(2, 2));
    expect(reads).toHaveLength(1);
    await reads.shift()?.answer(page(3, 2));
    expect(reads).toEqual([]);
    follower.hear(bell(3));
    expect(told.filter((each) => !each.startsWith("at"))).toEqual(["1", "2", "3"]);
  });

  test("is given nothing while the link is down: neither what a bell brings nor what was read before", async () => {
    const { follower, reads, told, state } = await openFollower();
    void follower.look();
    state.mayGive = false;
    await reads.shift()?.answer(page(1, 1));
    follower.hear(bell(1));
    await follower.look();
    expect([told, reads]).toEqual([[], []]);
    state.mayGive = true;
    void follower.look();
    await reads.shift()?.answer(page(1, 1));
    expect(told).toEqual(["1", "at 1-0"]);
  });

  test("stays where it is when a read fails, and reads from there the next time", async () => {
    const { follower, reads, told } = await openFollower();
    void follower.look();
    await reads.shift()?.answer(failure("unconfirmed", "the link broke"));
    expect([told, reads]).toEqual([[], []]);
    void follower.look();
    expect(reads[0]?.request.stretch).toEqual({ kind: "after", position: at(0) });
    await reads.shift()?.answer(page(1, 1, { hasMore: true }));
    await reads.shift()?.answer(page(2, 2));
    expect(told).toEqual(["1", "2", "at 2-0"]);
  });

  test("tells of a gap, gives nothing of that page, and goes on behind its head", async () => {
    const { follower, reads, told } = await openFollower();
    void follower.look();
    await reads.shift()?.answer(page(5, 6, { isComplete: false, hasMore: true }));
    follower.hear(bell(7));
    expect(told).toEqual(["gap", "at 6-0", "7"]);
  });

  test("gives nothing more once it was ended, in the middle of a page, too", async () => {
    const { follower, reads, told } = await openFollower();
    void follower.look();
    const wish = { position: at(1), publication: text("last wish") };
    await reads
      .shift()
      ?.answer(
        success({ ...page(2, 3), entries: [wish, entry(2)], head: at(2), isComplete: true, hasMore: true }),
      );
    follower.hear(bell(2));
    await follower.look();
    expect([told, reads]).toEqual([["last wish"], []]);
    expect(await follower.started()).toMatchObject({ error: { code: "closed" } });
  });
});
