/** Single parts of the gateway, without sockets and without Redis, as tasks to be timed. */
import { encodeFrame } from "gateway/src/frame.ts";
import { Hub, type Subscriber } from "gateway/src/hub.ts";
import { PLAIN } from "gateway/src/plain-form.ts";
import { formatNumber } from "./table.ts";

export interface MicroTask {
  readonly name: string;
  /** Operations in one call of `run`. */
  readonly operations: number;
  /** Deliveries in one operation. @default none */
  readonly deliveries?: number;
  /** Throws an error when what it should time has not happened in it. */
  run(): void | Promise<void>;
}

/** Deliveries in one batch, at least: so that reading the clock costs next to nothing. */
const BATCH_DELIVERIES = 20_000;
const MAX_BATCH_TURNS = 200;
const BATCH_BYTES = 4_000_000;
const MAX_BATCH_FRAMES = 2_000;

/** The end of a turn of the event loop: all that was put off to it before has happened by then. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

class Listener implements Subscriber {
  gathered: Buffer | undefined = undefined;
  readonly #onWrite: () => void;

  constructor(onWrite: () => void) {
    this.#onWrite = onWrite;
  }

  write(): void {
    this.#onWrite();
  }

  refuse(): void {}
}

/** A hub whose subscribers do nothing but count their writes. */
class Room {
  readonly hub = new Hub(() => {});
  readonly #publication = { payload: Buffer.alloc(128, "x") };
  #writes = 0;

  /** @param channels of each subscriber */
  join(count: number, channels: (index: number) => readonly string[]): void {
    for (let index = 0; index < count; index += 1) {
      const listener = this.listener();
      for (const channel of channels(index)) this.hub.add(channel, listener, PLAIN);
    }
  }

  listener(): Listener {
    return new Listener(() => {
      this.#writes += 1;
    });
  }

  /** One publication in each of the channels, in each of the turns; the writes are part of it. */
  async deliver(turns: number, channels: readonly string[], writesPerTurn: number): Promise<void> {
    const before = this.#writes;
    for (let count = 0; count < turns; count += 1) {
      for (const channel of channels) this.hub.deliver(channel, this.#publication);
      await turn();
    }
    if (this.#writes - before !== turns * writesPerTurn)
      throw new Error("the hub has not written in its turn");
  }
}

function encoding(name: string, payload: Buffer): MicroTask {
  const operations = Math.min(MAX_BATCH_FRAMES, Math.ceil(BATCH_BYTES / payload.length));
  return {
    name: `encodeFrame, ${name}`,
    operations,
    run() {
      let bytes = 0;
      for (let count = 0; count < operations; count += 1) bytes += encodeFrame(payload).length;
      if (bytes <= operations * payload.length) throw new Error("frames are missing");
    },
  };
}

function encodings(): MicroTask[] {
  const sizes = { "32 B": 32, "128 B": 128, "4 KiB": 4_096, "64 KiB": 65_536 };
  return Object.entries(sizes).flatMap(([name, length]) => [
    encoding(`${name} of text`, Buffer.alloc(length, "text, ")),
    encoding(`${name} of UTF-8 beyond ASCII`, Buffer.alloc(length, "é")),
    // The last byte tells that it is no text.
    encoding(`${name} of binary`, Buffer.concat([Buffer.alloc(length - 1, "x"), Buffer.from([0xff])])),
  ]);
}

interface Delivery {
  readonly name: string;
  readonly subscribers: number;
  readonly channelsOf: (index: number) => readonly string[];
  /** Channels of the publications of one turn. */
  readonly publications: readonly string[];
  readonly deliveries: number;
  readonly writesPerTurn: number;
}

function delivering({
  name,
  subscribers,
  channelsOf,
  publications,
  deliveries,
  writesPerTurn,
}: Delivery): MicroTask {
  const room = new Room();
  room.join(subscribers, channelsOf);
  const turns = Math.ceil(BATCH_DELIVERIES / (publications.length * deliveries));
  const batch = Math.min(turns, MAX_BATCH_TURNS);
  return {
    name,
    operations: batch * publications.length,
    deliveries,
    run: () => room.deliver(batch, publications, writesPerTurn),
  };
}

function roomDeliveries(): MicroTask[] {
  return [1, 32].flatMap((publications) =>
    [1, 100, 1_000, 10_000].map((subscribers) =>
      delivering({
        name: `Hub, ${publications} a turn, ${formatNumber(subscribers)} in the channel`,
        subscribers,
        channelsOf: () => ["channel"],
        publications: Array.from({ length: publications }, () => "channel"),
        deliveries: subscribers,
        writesPerTurn: subscribers,
      }),
    ),
  );
}

function channelDeliveries(): MicroTask[] {
  const many = Array.from({ length: 1_000 }, (_, index) => `channel ${index}`);
  const few = many.slice(0, 4);
  return [
    delivering({
      name: "Hub, 1,000 channels a turn, 1 subscriber each",
      subscribers: many.length,
      channelsOf: (index) => many.slice(index, index + 1),
      publications: many,
      deliveries: 1,
      writesPerTurn: many.length,
    }),
    delivering({
      name: "Hub, 4 channels a turn, 1,000 subscribers in all of them",
      subscribers: 1_000,
      channelsOf: () => few,
      publications: few,
      deliveries: 1_000,
      writesPerTurn: 1_000,
    }),
  ];
}

/** Somebody comes and goes. */
function churning(name: string, others: number): MicroTask {
  const operations = 1_000;
  const room = new Room();
  room.join(others, () => ["channel"]);
  const listeners = Array.from({ length: operations }, () => room.listener());
  return {
    name: `Hub, add and remove, ${name}`,
    operations,
    run() {
      for (const listener of listeners) {
        room.hub.add("channel", listener, PLAIN);
        room.hub.remove("channel", listener);
      }
      if (room.hub.counts.channels !== Math.min(others, 1)) throw new Error("somebody has stayed");
    },
  };
}

export function microTasks(): MicroTask[] {
  return [
    ...encodings(),
    // What each row of the hub holds besides the hub.
    {
      name: "a turn of the event loop",
      operations: MAX_BATCH_TURNS,
      run: () => new Room().deliver(MAX_BATCH_TURNS, [], 0),
    },
    ...roomDeliveries(),
    ...channelDeliveries(),
    churning("1,000 others in the channel", 1_000),
    churning("nobody else in the channel", 0),
  ];
}
