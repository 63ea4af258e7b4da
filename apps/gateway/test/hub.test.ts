import { CLOSE_CODES, type CloseCode } from "@tidewire/protocol";
import { describe, expect, test } from "vitest";
import { encodeFrame } from "../src/frame.ts";
import { Hub, type Subscriber } from "../src/hub.ts";

class FakeSubscriber implements Subscriber {
  gathered: Buffer | undefined;
  readonly writes: Buffer[] = [];
  write(joined: Buffer): void {
    this.writes.push(joined);
  }
  readonly closes: CloseCode[] = [];
  close(closeCode: CloseCode): void {
    this.closes.push(closeCode);
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

describe("the hub", () => {
  test("gives all subscribers of a channel one shared write for all publications of a turn, in order", async () => {
    const hub = openHub();
    const [first, second] = [new FakeSubscriber(), new FakeSubscriber()];
    hub.add("news", first);
    hub.add("news", second);
    hub.deliver("news", publication("one"));
    hub.deliver("news", publication("two"));
    await endOfTurn();
    expect(first.writes).toEqual([frames("one", "two")]);
    expect(second.writes[0]).toBe(first.writes[0]);
  });

  test("gives one who is in several channels one write for all of them, each in order", async () => {
    const hub = openHub();
    const [both, news, other] = [new FakeSubscriber(), new FakeSubscriber(), new FakeSubscriber()];
    hub.add("news", both);
    hub.add("other", both);
    hub.add("news", news);
    hub.add("other", other);
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

  test("says how long a turn's writes took, once a turn", async () => {
    const durations: number[] = [];
    const hub = new Hub((durationMs) => durations.push(durationMs));
    hub.add("news", new FakeSubscriber());
    hub.deliver("news", publication("one"));
    hub.deliver("news", publication("two"));
    await endOfTurn();
    expect(durations).toEqual([expect.any(Number)]);
  });

  test("keeps channels apart", async () => {
    const hub = openHub();
    const [reader, other] = [new FakeSubscriber(), new FakeSubscriber()];
    hub.add("news", reader);
    hub.add("other", other);
    hub.deliver("other", publication("for the other"));
    await endOfTurn();
    expect(reader.writes).toEqual([]);
    expect(other.writes).toEqual([frames("for the other")]);
  });

  test("writes nothing to one who left in the same turn", async () => {
    const hub = openHub();
    const [leaver, stayer] = [new FakeSubscriber(), new FakeSubscriber()];
    hub.add("news", leaver);
    hub.add("news", stayer);
    hub.deliver("news", publication("one"));
    hub.remove("news", leaver);
    await endOfTurn();
    expect(leaver.writes).toEqual([]);
    expect(stayer.writes).toEqual([frames("one")]);
  });

  test("gives one who comes in the middle of a turn only what comes after", async () => {
    const hub = openHub();
    const [early, late] = [new FakeSubscriber(), new FakeSubscriber()];
    hub.add("news", early);
    hub.deliver("news", publication("before"));
    hub.add("news", late);
    hub.deliver("news", publication("after"));
    await endOfTurn();
    expect(Buffer.concat(early.writes)).toEqual(frames("before", "after"));
    expect(Buffer.concat(late.writes)).toEqual(frames("after"));
  });

  test("closes everybody in a channel that is no more, and nobody else", () => {
    const hub = openHub();
    const [inside, outside] = [new FakeSubscriber(), new FakeSubscriber()];
    hub.add("news", inside);
    hub.add("other", outside);
    hub.expel("news", CLOSE_CODES.channelRefused);
    expect(inside.closes).toEqual([CLOSE_CODES.channelRefused]);
    expect(outside.closes).toEqual([]);
  });

  test("forgets a channel whose last subscriber left, and counts what it did", async () => {
    const hub = openHub();
    const [first, second] = [new FakeSubscriber(), new FakeSubscriber()];
    hub.add("news", first);
    hub.add("news", second);
    hub.deliver("news", publication("one"));
    hub.deliver("nobody", publication("unheard"));
    await endOfTurn();
    expect(hub.counts).toEqual({ channels: 1, publications: 1, deliveries: 2 });
    hub.remove("news", first);
    hub.remove("news", second);
    expect(hub.counts.channels).toBe(0);
  });
});
