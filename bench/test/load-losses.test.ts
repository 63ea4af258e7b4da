/** What the load generators make of a server that does not do what it should. */
import { type RedisServer, startRedis } from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Behaviour, FaultyServer, type Message, type Reader, sendTo } from "./faulty-server.ts";
import {
  type Faults,
  faultsOf,
  type Generators,
  INCOMPLETE,
  KINDS,
  load,
  NO_FAULTS,
  prepareGenerators,
} from "./generators.ts";

let redis: RedisServer;
let generators: Generators;

beforeAll(async () => {
  [redis, generators] = await Promise.all([startRedis(), prepareGenerators()]);
});

afterAll(async () => {
  await redis[Symbol.asyncDispose]();
  await generators[Symbol.asyncDispose]();
});

/** Delivers all messages but what `fault` returns true for, which it deals with itself. */
function except(fault: (reader: Reader, message: Message) => boolean): Behaviour {
  return {
    deliver(reader, message) {
      if (!fault(reader, message)) sendTo(reader, message.payload);
    },
  };
}

/** Message 5 is held back from reader 0, and sent after message `until`. */
function holdingBack(until: number): () => Behaviour {
  return () => {
    let held: Buffer = Buffer.alloc(0);
    return except((reader, { number, payload }) => {
      if (reader.index !== 0) return false;
      if (number === 5) held = payload;
      if (number === until) {
        sendTo(reader, payload);
        sendTo(reader, held);
      }
      return number === 5 || number === until;
    });
  };
}

interface Fault {
  readonly what: string;
  /** A server that has it; of 4 readers and, unless `options` say otherwise, 40 messages. */
  readonly behaviour: () => Behaviour;
  readonly options?: Readonly<Record<string, number>>;
  readonly faults: Partial<Faults>;
  /** @default 160 */
  readonly delivered?: number;
}

const FAULTS: readonly Fault[] = [
  { what: "nothing wrong shows up as nothing", behaviour: () => ({}), faults: {} },
  {
    what: "a message that one reader does not get is lost",
    behaviour: () => except(({ index }, { number }) => index === 0 && number === 5),
    faults: { lost: 1 },
    delivered: 159,
  },
  {
    what: "last messages that two readers do not get are late",
    behaviour: () => except(({ index }, { number }) => index < 2 && number >= 39),
    faults: { late: 4 },
    delivered: 156,
  },
  {
    what: "a message that one reader gets twice is a duplicate, and delivered once",
    behaviour: () =>
      except((reader, { number, payload }) => {
        if (reader.index === 0 && number === 5) sendTo(reader, payload);
        return false;
      }),
    faults: { duplicates: 1 },
  },
  {
    what: "a message that comes after the next one is reordered, and not lost",
    behaviour: holdingBack(6),
    faults: { reordered: 1 },
  },
  {
    what: "a message that comes after 256 later ones is forgotten: lost, and a duplicate",
    behaviour: holdingBack(5 + 256),
    options: { messages: 300, window: 300 },
    faults: { lost: 1, duplicates: 1 },
    delivered: 1_199,
  },
  {
    what: "a message in the wrong channel is stray",
    behaviour: () => {
      const readers: Reader[] = [];
      return {
        greet: (reader) => readers.push(reader),
        deliver(reader, { number, payload }) {
          sendTo(reader, payload);
          const other = readers.find(({ channel }) => channel !== reader.channel);
          if (number === 5 && other && readers.find(({ channel }) => channel === reader.channel) === reader)
            sendTo(other, payload);
        },
      };
    },
    options: { channels: 2 },
    faults: { stray: 1 },
    delivered: 80,
  },
  {
    what: "a connection that is cut is closed, and what it does not get is late",
    behaviour: () =>
      except(({ index, client }, { number }) => {
        if (index === 0 && number === 5) client.terminate();
        return index === 0 && number >= 5;
      }),
    faults: { closed: 1, late: 36 },
    delivered: 124,
  },
  {
    what: "a connection that is closed with a frame is closed, too",
    behaviour: () =>
      except(({ index, client }, { number }) => {
        if (index === 0 && number === 5) client.close(1001);
        return index === 0 && number >= 5;
      }),
    faults: { closed: 1, late: 36 },
    delivered: 124,
  },
  {
    what: "a connection that ends before the first message is closed",
    behaviour: () =>
      except((reader, { payload }) => {
        if (reader.index !== 0) return false;
        if (reader.client.readyState === reader.client.OPEN) sendTo(reader, payload);
        reader.client.close(1001);
        return true;
      }),
    faults: { closed: 1, late: 40 },
    delivered: 120,
  },
];

describe.concurrent.each(KINDS)("with the load generator %s", (kind) => {
  test.each(FAULTS)("$what", async ({ behaviour, options = {}, faults, delivered = 160 }) => {
    await using server = await FaultyServer.start(redis.port, behaviour());

    const isComplete = faults.lost === undefined && faults.late === undefined;
    const result = await load(generators.of(kind), server.options, {
      ...(!isComplete && INCOMPLETE),
      ...options,
    });

    expect({ ...faultsOf(result), delivered: result.delivered }).toEqual({
      ...NO_FAULTS,
      ...faults,
      delivered,
    });
    expect(result.expected - result.delivered).toBe(result.lost + result.late);
  });

  test("a closed loop ends when nothing comes back, and has published no more than its window", async () => {
    await using server = await FaultyServer.start(
      redis.port,
      except((_reader, { number }) => number > 0),
    );

    const result = await load(generators.of(kind), server.options, {
      ...INCOMPLETE,
      window: 7,
      duration: 20,
    });

    expect(result).toMatchObject({ published: 7, expected: 28, delivered: 0, lost: 0, late: 28 });
  });

  test("a closed loop goes on after losses until too many are under way", async () => {
    await using server = await FaultyServer.start(
      redis.port,
      except(({ index }, { number }) => index === 0 && number > 0),
    );

    const result = await load(generators.of(kind), server.options, {
      ...INCOMPLETE,
      window: 3,
      messages: 1_000,
    });

    // With 3 of 4 readers delivered, message 10 would need 7 × 4 = 28 deliveries; 27 come.
    expect(result).toMatchObject({ published: 9, delivered: 27, late: 9 });
  });

  test("an open loop publishes all messages, whatever comes back", async () => {
    await using server = await FaultyServer.start(
      redis.port,
      except((_reader, { number }) => number > 0),
    );

    const result = await load(generators.of(kind), server.options, { ...INCOMPLETE, rate: 1_000, window: 1 });

    expect(result).toMatchObject({ published: 40, expected: 160, delivered: 0, lost: 0, late: 160 });
  });
});
