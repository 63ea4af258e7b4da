/** Readers of one stream channel over an embedded broker, whose clients take what they get when the test says so. */
import { type Broker, createMemoryBroker, type Entry, type Position } from "@tidewire/broker";
import { pino } from "pino";
import { type MockInstance, vi } from "vitest";
import { ChannelRuleInput, ChannelRules } from "../src/channel-rules.ts";
import type { Cursor } from "../src/cursor.ts";
import { Hub, type WireForm } from "../src/hub.ts";
import type { Limits } from "../src/limits.ts";
import { NOW } from "../src/start.ts";
import type { Start } from "../src/stream-channel.ts";
import { StreamChannels } from "../src/stream-channels.ts";
import { FakeConnection } from "./fake-connection.ts";
import { testConfig } from "./test-gateway.ts";
import { NO_HANDLERS } from "./no-handlers.ts";

/** Words, and a word for a gap. */
const WORDS: WireForm = {
  encode: (_channel, { payload }) => Buffer.from(`${payload.toString()} `),
  join: (pieces) => Buffer.concat(pieces),
  gap: () => Buffer.from("gap "),
};

export interface Reader {
  readonly connection: FakeConnection;
  readonly cursor: Cursor;
  /** All that was written to it. */
  words(): string[];
  /** The client takes what was written. */
  take(): void;
}

export class StreamWorld {
  readonly broker: Broker;
  readonly streams: StreamChannels;
  readonly #hub = new Hub(() => {});
  readonly #maxLength: number | undefined;
  readonly #read: MockInstance<Broker["streams"]["read"]>;
  /** What the gateway has not heard yet; absent while it hears at once. */
  #unheard: Entry[] | undefined;

  constructor(limits: Partial<Limits> = {}, maxLength?: number) {
    this.#maxLength = maxLength;
    const rules = new ChannelRules({ kept: ChannelRuleInput.parse({ stream: true }) }, testConfig().limits);
    const broker = createMemoryBroker({
      ...NO_HANDLERS,
      onEntry: (_channel, entry) => this.#hear(entry),
      onStreamGap: (channel, head) => this.streams.onStreamGap(channel, head),
      onStray: (channel) => this.streams.onStray(channel),
    });
    this.broker = broker;
    this.#read = vi.spyOn(broker.streams, "read");
    this.streams = new StreamChannels({
      broker: this.broker,
      hub: this.#hub,
      rules,
      limits: { ...testConfig().limits, ...limits },
      log: pino({ level: "silent" }),
    });
  }

  /** How often the stream was read. */
  get reads(): number {
    return this.#read.mock.calls.length;
  }

  /** As when it refuses a channel. */
  giveUp(): void {
    this.broker.streams.unfollow("kept");
    this.streams.forget("kept");
  }

  /** From now on the gateway hears late. */
  delay(): void {
    this.#unheard = [];
  }

  /** Now it has heard. */
  catchUp(): void {
    const entries = this.#unheard ?? [];
    this.#unheard = undefined;
    for (const entry of entries) this.#hear(entry);
  }

  #hear(entry: Entry): void {
    if (this.#unheard) this.#unheard.push(entry);
    else this.streams.onEntry("kept", entry);
  }

  async publish(...texts: readonly string[]): Promise<Position[]> {
    const positions: Position[] = [];
    for (const text of texts) {
      const retention = { maxLength: this.#maxLength };
      const result = await this.broker.streams.append("kept", { payload: Buffer.from(text) }, { retention });
      if (result.ok && result.value.position) positions.push(result.value.position);
    }
    return positions;
  }

  async open(start: Start = NOW, form: WireForm = WORDS): Promise<Reader> {
    await this.streams.subscribe("kept");
    const stream = this.streams.get("kept");
    const opening = await stream?.open(start);
    if (!stream || !opening?.ok) throw new Error("the stream can't be opened");
    const connection = new FakeConnection();
    const cursor = this.streams.read(opening.value, { stream, connection, form, deafTo: undefined });
    cursor.start(opening.value);
    return {
      connection,
      cursor,
      words: () => Buffer.concat(connection.writes).toString().split(" ").slice(0, -1),
      take: () => {
        connection.isBusy = false;
        connection.bufferedBytes = 0;
        for (const action of connection.idleActions.splice(0)) action();
      },
    };
  }
}

/** The client takes nothing more. */
export function stop({ connection }: Reader): void {
  connection.isBusy = true;
  connection.bufferedBytes = 1_000_000;
}

export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
