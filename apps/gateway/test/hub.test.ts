import { describe, expect, test } from "vitest";
import { encodeFrame } from "../src/frame.ts";
import { Hub, type Subscriber, type WireForm } from "../src/hub.ts";
import { PLAIN } from "../src/plain-form.ts";

class FakeSubscriber implements Subscriber {
  gathered: Buffer | undefined;
  readonly writes: Buffer[] = [];
  write(joined: Buffer): void {
    this.writes.push(joined);
  }
  readonly refused: string[] = [];
  refuse(channel: string): void {
    this.refused.push(channel);
  }
}

function openHub(): Hub {
  return new Hub(() => {});
}

function publication(text: string) {
  return { payload: Buffer.from(text) };
}

/** The hub writes once the turn is over; this resolves after that. */
function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function frames(...texts: string[]): Buffer {
  return Buffer.concat(texts.map((text) => encodeFrame(Buffer.from(text))));
}

/** A form that can be read in a test. */
const LOUD: WireForm = {
  encode: (channel, { payload }) => Buffer.from(`${channel}:${payload.toString().toUpperCase()}`),
  join: (pieces) => Buffer.from(`<${pieces.join(" ")}>`),
  gap: (channel) => Buffer.from(`${channel}?`),
};

function textsOf({ writes }: FakeSubscriber): string[] {
  return writes.map((write) => write.toString());
}

describe("the hub", () => {
  test("gives all subscribers of a channel one shared write for all publications of a turn, in order", async () => {
    const hub = openHub();
    const [first, second] = [new FakeSubscriber(), new FakeSubscriber()];
    hub.add("news", first, PLAIN);
    hub.add("news", second, PLAIN);
    hub.deliver("news", publication("one"));
    hub.deliver("news", publication("two"));
    await endOfTurn();
    expect(first.writes).toEqual([frames("one", "two")]);
    expect(second.writes[0]).toBe(first.writes[0]);
  });

  test("gives one who is in several channels one write for all of them, each in order", async () => {
    const hub = openHub();
    const [both, news, other] = [new FakeSubscriber(), new FakeSubscriber(), new FakeSubscriber()];
    hub.add("news", both, PLAIN);
    hub.add("other", both, PLAIN);
    hub.add("news", news, PLAIN);
    hub.add("other", other, PLAIN);
    hub.deliver("news", publication("n1"));
    hub.deliver("other", publication("o1"));
    hub.deliver("news", publication("n2"));
    await endOfTurn();
    expect(both.writes).toEqual([frames("n1", "n2", "o1")]);
    expect(news.writes).toEqual([frames("n1", "n2")]);
    expect(other.writes).toEqual([frames("o1")]);
    hub.deliver("other", publication("o2"));
    await endOfTurn();
    expect(both.writes[1]).toEqual(frames("o2"));
  });

  test("lets all who are in the same channels share what they get", async () => {
    const hub = openHub();
    const [first, second, third] = [new FakeSubscriber(), new FakeSubscriber(), new FakeSubscriber()];
    for (const channel of ["a", "b", "c"]) {
      hub.add(channel, first, PLAIN);
      hub.add(channel, second, PLAIN);
    }
    hub.add("a", third, PLAIN);
    hub.add("c", third, PLAIN);
    for (const channel of ["a", "b", "c"]) hub.deliver(channel, publication(channel));
    await endOfTurn();
    expect(first.writes).toEqual([frames("a", "b", "c")]);
    expect(second.writes[0]).toBe(first.writes[0]);
    expect(third.writes).toEqual([frames("a", "c")]);
  });

  test("says how long a turn's writes took, once a turn", async () => {
    const durations: number[] = [];
    const hub = new Hub((durationMs) => durations.push(durationMs));
    hub.add("news", new FakeSubscriber(), PLAIN);
    hub.deliver("news", publication("one"));
    hub.deliver("news", publication("two"));
    await endOfTurn();
    expect(durations).toEqual([expect.any(Number)]);
  });

  test("keeps channels apart", async () => {
    const hub = openHub();
    const [reader, other] = [new FakeSubscriber(), new FakeSubscriber()];
    hub.add("news", reader, PLAIN);
    hub.add("other", other, PLAIN);
    hub.deliver("other", publication("for the other"));
    await endOfTurn();
    expect(reader.writes).toEqual([]);
    expect(other.writes).toEqual([frames("for the other")]);
  });

  test("writes nothing to one who left in the same turn", async () => {
    const hub = openHub();
    const [leaver, stayer] = [new FakeSubscriber(), new FakeSubscriber()];
    hub.add("news", leaver, PLAIN);
    hub.add("news", stayer, PLAIN);
    hub.deliver("news", publication("one"));
    hub.remove("news", leaver);
    await endOfTurn();
    expect(leaver.writes).toEqual([]);
    expect(stayer.writes).toEqual([frames("one")]);
  });

  test("gives one who comes in the middle of a turn only what comes after", async () => {
    const hub = openHub();
    const [early, late] = [new FakeSubscriber(), new FakeSubscriber()];
    hub.add("news", early, PLAIN);
    hub.deliver("news", publication("before"));
    hub.add("news", late, PLAIN);
    hub.deliver("news", publication("after"));
    await endOfTurn();
    expect(Buffer.concat(early.writes)).toEqual(frames("before", "after"));
    expect(Buffer.concat(late.writes)).toEqual(frames("after"));
  });

  test("tells everybody in a channel that is no more, and nobody else", () => {
    const hub = openHub();
    const [inside, outside] = [new FakeSubscriber(), new FakeSubscriber()];
    hub.add("news", inside, PLAIN);
    hub.add("other", outside, PLAIN);
    hub.refuse("news");
    expect(inside.refused).toEqual(["news"]);
    expect(outside.refused).toEqual([]);
  });

  test("forgets a channel whose last subscriber left, and counts what it did", async () => {
    const hub = openHub();
    const [first, second] = [new FakeSubscriber(), new FakeSubscriber()];
    hub.add("news", first, PLAIN);
    hub.add("news", second, PLAIN);
    hub.deliver("news", publication("one"));
    hub.deliver("nobody", publication("unheard"));
    await endOfTurn();
    expect(hub.counts).toEqual({ channels: 1, publications: 1, deliveries: 2 });
    hub.remove("news", first);
    hub.remove("news", second);
    expect(hub.counts.channels).toBe(0);
  });

  test("encodes a publication once for each form, and shares it among those who speak it", async () => {
    const hub = openHub();
    const subscribers = Array.from({ length: 4 }, () => new FakeSubscriber());
    const [plain, otherPlain, loud, otherLoud] = subscribers as [
      FakeSubscriber,
      FakeSubscriber,
      FakeSubscriber,
      FakeSubscriber,
    ];
    for (const each of [plain, otherPlain]) hub.add("news", each, PLAIN);
    for (const each of [loud, otherLoud]) hub.add("news", each, LOUD);
    hub.deliver("news", publication("one"));
    hub.deliver("news", publication("two"));
    await endOfTurn();
    expect(plain.writes).toEqual([frames("one", "two")]);
    expect(otherPlain.writes[0]).toBe(plain.writes[0]);
    expect(textsOf(loud)).toEqual(["<news:ONE news:TWO>"]);
    expect(otherLoud.writes[0]).toBe(loud.writes[0]);
    hub.remove("news", loud);
    hub.remove("news", otherLoud);
    expect(hub.counts.channels).toBe(1);
  });

  test("leaves a publication out for the one who made it and does not want it back", async () => {
    const hub = openHub();
    const [deaf, hearing] = [new FakeSubscriber(), new FakeSubscriber()];
    hub.add("news", deaf, LOUD, "me");
    hub.add("news", hearing, LOUD);
    hub.deliver("news", { ...publication("mine"), origin: "me" });
    hub.deliver("news", { ...publication("theirs"), origin: "them" });
    hub.deliver("news", publication("nobody's"));
    await endOfTurn();
    hub.deliver("news", { ...publication("mine alone"), origin: "me" });
    await endOfTurn();
    expect(textsOf(deaf)).toEqual(["<news:THEIRS news:NOBODY'S>"]);
    expect(textsOf(hearing)).toEqual(["<news:MINE news:THEIRS news:NOBODY'S>", "<news:MINE ALONE>"]);
    hub.remove("news", deaf);
    hub.add("news", deaf, LOUD);
    hub.deliver("news", { ...publication("back"), origin: "me" });
    await endOfTurn();
    expect(textsOf(deaf).at(-1)).toBe("<news:BACK>");
  });

  test("tells of a gap whoever can be told, on every channel, before what comes after it", async () => {
    const hub = openHub();
    const [plain, loud] = [new FakeSubscriber(), new FakeSubscriber()];
    hub.add("news", plain, PLAIN);
    hub.add("news", loud, LOUD);
    hub.add("other", loud, LOUD);
    hub.deliver("news", publication("before"));
    hub.gap(() => true);
    hub.deliver("news", publication("after"));
    await endOfTurn();
    expect(textsOf(loud)).toEqual(["<news:BEFORE news? news:AFTER><other?>"]);
    expect(plain.writes).toEqual([frames("before", "after")]);
  });
});
