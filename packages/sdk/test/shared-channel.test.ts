import type { Push, Reply } from "@tidewire/protocol";
import { randomFrom } from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import { SharedChannel } from "../src/shared/shared-channel.ts";
import { Wire } from "../src/wire.ts";
import { FakeSocket, FakeWorld, type Line } from "./fake-world.ts";

const nothing = () => {};

const HEAVY = "x".repeat(65_000);

/** The end of a gateway: one stream channel, whose subscription lags behind what is kept as far as a test lets it. */
class Gateway {
  readonly world = new FakeWorld();
  readonly socket = new FakeSocket("", "");
  readonly channel: SharedChannel;
  readonly questions: Line[] = [];
  /** How many were published, and how many of them the subscription has brought. */
  kept = 0;
  told = 0;
  /** What is older is gone. */
  trimmed = 0;
  /** Whether the worker can keep but a few messages. */
  isHeavy = false;
  #isSubscribed = false;

  constructor() {
    const wire = new Wire(this.socket as never, {
      onOpen: nothing,
      onHeard: nothing,
      onClose: nothing,
      onPush: (push) => this.channel.take(push as never),
    });
    this.channel = new SharedChannel("kept:1", wire, this.world, nothing);
  }

  publish(): void {
    this.kept += 1;
  }

  /** The subscription brings one more. */
  tell(): void {
    if (!this.#isSubscribed || this.told === this.kept) return;
    if (this.told < this.trimmed) {
      this.told = this.trimmed;
      return this.socket.say({ type: "gap", channel: "kept:1", position: `p${this.told}` });
    }
    this.told += 1;
    this.socket.say({ type: "message", channel: "kept:1", ...this.#message(this.told) });
  }

  /** Takes what the worker has asked. */
  async listen(): Promise<void> {
    this.questions.push(...(await this.socket.lines()));
  }

  /** Answers the oldest question, by what is kept now. */
  answer(): void {
    const question = this.questions.shift();
    if (question?.type === "subscribe") this.#subscribe(question);
    if (question?.type === "history") this.#read(question);
  }

  #subscribe({ id, since }: Line): void {
    const from = since === undefined ? this.kept : numberOf(since as string);
    const complete = from >= this.trimmed;
    this.told = complete ? from : this.kept;
    this.#isSubscribed = true;
    const position = `p${this.told}`;
    this.socket.say({ type: "subscribed", id, channel: "kept:1", resumable: true, position, complete });
  }

  #read({ id, since, limit }: Line): void {
    // Small pages, so that there are many.
    const most = Math.min(Number(limit), 3);
    const from = since === undefined ? this.kept - most : numberOf(since as string);
    const complete = from >= this.trimmed;
    const begin = Math.max(from, this.trimmed);
    const end = since === undefined ? this.kept : Math.min(this.kept, begin + most);
    const messages = Array.from({ length: end - begin }, (_, index) => this.#message(begin + index + 1));
    const rest = { complete, more: end < this.kept, position: `p${this.kept}` };
    this.socket.say({ type: "page", id, channel: "kept:1", messages, ...rest });
  }

  #message(number: number) {
    return { position: `p${number}`, time: 1, data: number, ...(this.isHeavy && { sender: HEAVY }) };
  }
}

/** What a client in a tab does: knows where it is, and finds out what is missing or comes twice. */
class Reader {
  readonly said: (Reply | Push)[] = [];
  readonly heard: number[] = [];
  /** Behind which the next message comes; `undefined` while any may. */
  position: number | undefined;
  faults: string[] = [];

  say(line: Reply | Push | string): void {
    const answer = typeof line === "string" ? (JSON.parse(line) as Reply | Push) : line;
    this.said.push(answer);
    if (answer.type === "subscribed" && this.position === undefined)
      this.position = answer.complete === undefined ? undefined : numberOf(answer.position);
    if (answer.type === "subscribed" && answer.complete === false) this.position = numberOf(answer.position);
    if (answer.type === "gap") this.position = numberOf(answer.position);
    if (answer.type !== "message") return;
    const number = Number(answer.data);
    if (this.position !== undefined && number !== this.position + 1)
      this.faults.push(`${number} came behind ${this.position}`);
    this.position = number;
    this.heard.push(number);
  }
}

const numberOf = (position = "") => Number(position.slice(1));

/** A gateway with so many messages, and a tab that has subscribed when there were that many. */
async function beginSubscribed(published: number) {
  const gateway = new Gateway();
  for (let count = 0; count < published; count += 1) gateway.publish();
  const first = new Reader();
  gateway.channel.subscribe(first, { type: "subscribe", id: 1, channel: "kept:1" });
  await gateway.listen();
  gateway.answer();
  return { gateway, first };
}

async function settleAll(gateway: Gateway): Promise<void> {
  for (;;) {
    await gateway.listen();
    if (gateway.questions.length === 0 && gateway.told === gateway.kept && gateway.world.timers.size === 0)
      return;
    while (gateway.questions.length > 0) gateway.answer();
    gateway.tell();
    gateway.world.advance(5_000);
  }
}

describe("a second tab on a channel", () => {
  test("that wants the newest gets them, and then what follows, once and in order", async () => {
    const { gateway } = await beginSubscribed(10);
    const second = new Reader();
    gateway.channel.subscribe(second, { type: "subscribe", id: 1, channel: "kept:1", last: 3 });
    gateway.publish();
    // The page is ahead of the subscription.
    await gateway.listen();
    gateway.answer();
    gateway.publish();
    gateway.tell();
    gateway.tell();
    expect(second.said[0]).toEqual({
      type: "subscribed",
      id: 1,
      channel: "kept:1",
      resumable: true,
      position: "p11",
      last: 3,
    });
    expect(second.heard).toEqual([9, 10, 11, 12]);
    expect(gateway.socket.frames).toEqual([]);
  });

  test("that comes back to where another is asks nobody for what is known here", async () => {
    const { gateway, first } = await beginSubscribed(10);
    for (let count = 0; count < 5; count += 1) {
      gateway.publish();
      gateway.tell();
    }
    const second = new Reader();
    gateway.channel.subscribe(second, { type: "subscribe", id: 1, channel: "kept:1", since: "p12" });
    await gateway.listen();
    expect(gateway.questions).toEqual([]);
    expect(second.said[0]).toMatchObject({ type: "subscribed", position: "p12", complete: true });
    expect([first.heard, second.heard]).toEqual([
      [11, 12, 13, 14, 15],
      [13, 14, 15],
    ]);
  });

  test("is told when not all that it missed is there any more, and goes on with what is new", async () => {
    const { gateway } = await beginSubscribed(10);
    gateway.trimmed = 8;
    const second = new Reader();
    gateway.channel.subscribe(second, { type: "subscribe", id: 1, channel: "kept:1", since: "p3" });
    await gateway.listen();
    gateway.answer();
    gateway.publish();
    gateway.tell();
    expect(second.said[0]).toMatchObject({ type: "subscribed", complete: false, position: "p10" });
    expect(second.heard).toEqual([11]);
  });

  test("is told why where it can't have what it wants, and the first goes on", async () => {
    const { gateway, first } = await beginSubscribed(1);
    const [second, third] = [new Reader(), new Reader()];
    gateway.channel.subscribe(second, { type: "subscribe", id: 1, channel: "kept:1", since: "no-position" });
    gateway.channel.subscribe(third, { type: "subscribe", id: 2, channel: "kept:1", echo: false });
    const [question] = await gateway.socket.lines();
    const refusal = { type: "error", code: "bad_request", message: "no position", retry: false } as const;
    gateway.socket.say({ ...refusal, id: question?.id });
    expect(second.said).toEqual([{ ...refusal, id: 1 }]);
    expect(third.said).toMatchObject([{ type: "error", id: 2, code: "unsupported" }]);
    gateway.publish();
    gateway.tell();
    expect(first.heard).toEqual([2]);
  });
});

test.each(Array.from({ length: 100 }, (_, seed) => seed + 1))(
  "tabs get everything once and in order, or a gap, by chance %i",
  async (seed) => {
    const random = randomFrom(seed);
    const { gateway, first } = await beginSubscribed(20);
    gateway.isHeavy = seed % 4 < 2;
    const readers = [first];
    const present = new Set([first]);
    const acts = [
      () => gateway.publish(),
      () => gateway.publish(),
      () => gateway.tell(),
      () => gateway.tell(),
      () => gateway.answer(),
      () => gateway.world.advance(200),
      () => {
        const reader = new Reader();
        readers.push(reader);
        present.add(reader);
        const where =
          random() < 0.5
            ? { since: `p${Math.floor(random() * gateway.kept)}` }
            : { last: Math.floor(random() * 4) };
        gateway.channel.subscribe(reader, { type: "subscribe", id: 1, channel: "kept:1", ...where });
      },
      () => {
        const [, reader] = present;
        if (!reader || random() < 0.5) return;
        present.delete(reader);
        gateway.channel.leave(reader);
      },
      () => {
        if (seed % 2 === 0 && random() < 0.1) gateway.trimmed = Math.floor(random() * gateway.kept);
      },
    ];
    for (let step = 0; step < 300; step += 1) {
      await gateway.listen();
      acts[Math.floor(random() * acts.length)]?.();
    }
    await settleAll(gateway);
    expect(readers.flatMap(({ faults }) => faults)).toEqual([]);
    for (const reader of present) expect(reader.position ?? gateway.kept).toBe(gateway.kept);
  },
);
