/**
 * A follower under chance, by a seed: appends by brokers and other programs, losses on Redis, and broken ways.
 *
 * The oracle is the stream itself: what was in it, by life (from one DEL to the next) and id.
 */
import { type Inbox, randomFrom, type RedisServer, startRedis, TcpProxy } from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareIds, type Streams } from "../src/index.ts";
import { type StreamEvent, text, textOf, valueOf } from "./observer.ts";
import { openBroker, openRawClient, openReadyBroker } from "./open-broker.ts";
import { SELDOM } from "./stream-helpers.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

const STEPS = 60;
const LINKS = ["tidewire-publisher", "tidewire-subscriber", "tidewire-tail", "tidewire"];

/** All that was ever in the stream; every text but once. */
class History {
  readonly #lives: { readonly id: string; readonly text: string }[][] = [[]];

  add(id: string, data: string): void {
    this.#lives.at(-1)?.push({ id, text: data });
  }

  endLife(): void {
    this.#lives.push([]);
  }

  /** In the order of the stream. */
  get entries() {
    return this.#lives.flatMap((life) => life.toSorted((a, b) => compareIds(a.id, b.id)));
  }
}

/** What is wrong: within what comes without a gap in between, each is right behind the one before it in the stream. */
function faultsIn(events: readonly StreamEvent[], history: History): string[] {
  const ids = history.entries.map(({ id }) => id);
  const indexes = new Map(history.entries.map((entry, index) => [entry.text, index]));
  const faults: string[] = [];
  let last = -1;
  let expected: number | undefined = 0;
  for (const event of events) {
    if (event.kind === "entry") {
      const index = indexes.get(textOf(event.entry)) ?? -1;
      if (index <= last || index !== (expected ?? index))
        faults.push(`${index} after ${last}, not ${expected}`);
      if (event.entry.position.id !== ids[index]) faults.push(`${index} has another id`);
      last = index;
      expected = index + 1;
    } else if (event.kind === "gap") {
      const at = ids.indexOf(event.head.id);
      // The first of an empty stream has no entry; an id may come again in a later life.
      expected = at !== -1 && at === ids.lastIndexOf(event.head.id) ? at + 1 : undefined;
    }
  }
  return faults;
}

/** What came until a sentinel came that nobody could miss. */
async function untilSentinel(streams: Streams, inbox: Inbox<StreamEvent>, history: History) {
  const events: StreamEvent[] = [];
  for (let turn = 1; ; turn += 1) {
    const sentinel = `sentinel ${turn}`;
    history.add(valueOf(await streams.append("s", text(sentinel))).position?.id ?? "", sentinel);
    const isEnough = (event: StreamEvent) =>
      event.kind === "gap" || (event.kind === "entry" && textOf(event.entry) === sentinel);
    let event = await inbox.next();
    events.push(event);
    while (!isEnough(event)) {
      event = await inbox.next();
      events.push(event);
    }
    if (event.kind === "entry") return events;
  }
}

/** @param lossChance that a step ends with a loss on Redis */
async function play(seed: number, lossChance: number, isTailed: boolean) {
  const random = randomFrom(seed);
  const prefix = `random-${seed}:`;
  const key = `${prefix}s`;
  await using proxy = await TcpProxy.start(redis.port);
  const settings = { commandTimeoutMs: 1_000, checkIntervalMs: 50, streams: { checkIntervalMs: 40 } };
  await using away = openBroker(`redis://127.0.0.1:${proxy.port}`, prefix, settings);
  await using here = await openReadyBroker(redis.url, prefix, { streams: SELDOM });
  await using raw = openRawClient(redis.url);
  const { streams } = here.broker;
  const history = new History();
  valueOf(await away.broker.streams.follow("s", { isTailed }));
  let count = 0;

  async function append(): Promise<void> {
    count += 1;
    const data = String(count);
    const id =
      random() < 0.5
        ? await raw.xadd(key, "*", "a", data)
        : valueOf(await streams.append("s", text(data))).position?.id;
    history.add(id ?? "", data);
  }

  async function lose(): Promise<void> {
    if (random() < 0.5) return void (await raw.xtrim(key, "MAXLEN", Math.floor(random() * 5)));
    await raw.del(key);
    history.endLife();
  }

  for (let step = 0; step < STEPS; step += 1) {
    await Promise.all(Array.from({ length: Math.floor(random() * 12) }, append));
    if (random() < 0.1) proxy.reset(LINKS[Math.floor(random() * LINKS.length)]);
    if (random() < lossChance) await lose();
  }
  const events = await untilSentinel(streams, away.observer.stream, history);
  return { events, history };
}

describe("a follower, whatever happens by chance", () => {
  test.each([1, 2, 3, 4])("misses nothing where nothing is lost: seed %d", async (seed) => {
    const { events, history } = await play(seed, 0, seed % 2 === 0);
    expect(faultsIn(events, history)).toEqual([]);
    expect(events.filter(({ kind }) => kind === "gap")).toEqual([]);
    expect(events).toHaveLength(history.entries.length);
  });

  test.each([11, 12, 13, 14, 15, 16])("is told of every gap: seed %d", async (seed) => {
    const { events, history } = await play(seed, 0.2, seed % 2 === 0);
    expect(faultsIn(events, history)).toEqual([]);
    expect(events.some(({ kind }) => kind === "gap")).toBe(true);
  });
});
