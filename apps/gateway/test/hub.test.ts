import { CLOSE_CODES, type CloseCode } from "@tidewire/protocol";
import { describe, expect, test } from "vitest";
import { encodeFrame } from "../src/frame.ts";
import { Hub, type Subscriber } from "../src/hub.ts";

class FakeSubscriber implements Subscriber {
  readonly writes: Buffer[] = [];
  write(joined: Buffer): void {
    this.writes.push(joined);
  }
  readonly closes: CloseCode[] = [];
  close(closeCode: CloseCode): void {
    this.closes.push(closeCode);
  }
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
    const hub = new Hub();
    const [first, second] = [new FakeSubscriber(), new FakeSubscriber()];
    hub.add("news", first);
    hub.add("news", second);
    hub.deliver("news", publication("one"));
    hub.deliver("news", publication("two"));
    await endOfTurn();
    expect(first.writes).toEqual([frames("one", "two")]);
    expect(second.writes[0]).toBe(first.writes[0]);
  });

  test("keeps channels apart", async () => {
    const hub = new Hub();
    const [reader, other] = [new FakeSubscriber(), new FakeSubscriber()];
    hub.add("news", reader);
    hub.add("other", other);
    hub.deliver("other", publication("for the other"));
    await endOfTurn();
    expect(reader.writes).toEqual([]);
    expect(other.writes).toEqual([frames("for the other")]);
  });

  test("writes nothing to one who left in the same turn", async () => {
    const hub = new Hub();
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
    const hub = new Hub();
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
    const hub = new Hub();
    const [inside, outside] = [new FakeSubscriber(), new FakeSubscriber()];
    hub.add("news", inside);
    hub.add("other", outside);
    hub.expel("news", CLOSE_CODES.channelRefused);
    expect(inside.closes).toEqual([CLOSE_CODES.channelRefused]);
    expect(outside.closes).toEqual([]);
  });

  test("forgets a channel whose last subscriber left, and counts what it did", async () => {
    const hub = new Hub();
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
