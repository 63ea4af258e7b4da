/**
 * Plays a round: readers and publishers of every kind, one fault in their midst, and in the end the oracle's judgement.
 *
 * It ends for a reader with a sentinel that was published after all was mended; one that gets none never came back.
 */
import { setTimeout as wait } from "node:timers/promises";
import { randomFrom } from "@tidewire/testkit";
import { faultNamed } from "./faults/all.ts";
import type { Scene } from "./faults/fault.ts";
import { judge, type Verdict } from "./oracle.ts";
import { choosePositions, probe } from "./probes.ts";
import { Ledger } from "./publication.ts";
import { startPublisher } from "./publishers/all.ts";
import { HttpPublisher } from "./publishers/http.ts";
import { type Publisher, publishSteadily } from "./publishers/publisher.ts";
import { startReader } from "./readers/all.ts";
import type { Reader } from "./readers/reader.ts";
import { ReaderRecord } from "./record.ts";
import { CHANNELS, type Schedule, STREAMS } from "./schedule.ts";
import type { StreamEntry } from "./stream-truth.ts";
import { World } from "./world.ts";

export interface RoundOptions {
  readonly schedule: Schedule;
  /** For Node.js, before the program of each gateway. @default none */
  readonly nodeArgs?: readonly string[];
}

export interface RoundResult {
  readonly schedule: Schedule;
  readonly verdict: Verdict;
  /** For each reader, from the fault's end until something came that was published after it, in milliseconds. */
  readonly liveAgainMs: readonly number[];
  readonly publications: number;
  readonly deliveries: number;
  readonly durationMs: number;
  /** What each reader got and what each publisher knows, for whoever wants to understand a finding. */
  readonly records: readonly ReaderRecord[];
  readonly ledger: Ledger;
}

const BEGUN_WITHIN_MS = 60_000;
/** A dead link is noticed within 8 s, a connection by its heartbeat within a minute at worst. */
const BACK_WITHIN_MS = 60_000;
const SENTINEL_INTERVAL_MS = 200;

/** Rejects when a reader does not come back, or when what is played could not be. */
export async function playRound(options: RoundOptions): Promise<RoundResult> {
  const { schedule, nodeArgs = [] } = options;
  const world = await World.start({ ...schedule, nodeArgs });
  await using stack = new AsyncDisposableStack();
  stack.use(world);
  // Awaited here, or all of it would be taken down at once.
  return await new Round(schedule, world, stack).play();
}

class Round {
  readonly #schedule: Schedule;
  readonly #world: World;
  readonly #stack: AsyncDisposableStack;
  readonly #ledger = new Ledger(() => performance.now());
  readonly #startMs = performance.now();
  readonly #readers: Reader[] = [];

  constructor(schedule: Schedule, world: World, stack: AsyncDisposableStack) {
    this.#schedule = schedule;
    this.#world = world;
    this.#stack = stack;
  }

  async play(): Promise<RoundResult> {
    const { leadMs, tailMs } = this.#schedule;
    await this.#startReaders();
    const publishing = this.#startPublishers();
    await wait(leadMs);
    const endMs = await this.#playFault();
    await wait(tailMs);
    await publishing.finish();
    const records = this.#readers.map(({ record }) => record);
    await this.#publishUntil("sentinel", BACK_WITHIN_MS, (record) => record.finished);
    return this.#judge(records, endMs);
  }

  async #startReaders(): Promise<void> {
    for (const [index, place] of this.#schedule.readers.entries()) {
      const { channel, front } = place;
      const door = this.#world.door(front, `reader-${index}`);
      const isStream = STREAMS.includes(channel);
      const reader = startReader({ record: new ReaderRecord(place), door, isStream });
      this.#readers.push(this.#stack.use(reader));
    }
    await this.#publishUntil("first", BEGUN_WITHIN_MS, (record) => record.begun);
  }

  #startPublishers() {
    const stop = new AbortController();
    const running = this.#schedule.publishers.map(async (plan, index) => {
      const { kind, channel, front } = plan;
      const door = this.#world.door(front, `publisher-${index}`);
      const isStream = STREAMS.includes(channel);
      const redisPort = this.#world.rawProxy.port;
      await using publisher: Publisher = startPublisher(plan, { door, isStream, redisPort });
      const pace = { ...plan, name: `${channel}/${kind}-${front}` };
      await publishSteadily(publisher, pace, this.#ledger, stop.signal);
    });
    const finish = async () => {
      stop.abort();
      await Promise.all(running);
    };
    return { finish };
  }

  /** Resolves to when the fault was over. */
  async #playFault(): Promise<number> {
    const fault = faultNamed(this.#schedule.fault);
    const scene = this.#scene();
    await fault.inflict(scene);
    const endMs = performance.now();
    await fault.repair?.(scene);
    await this.#world.untilReady();
    return endMs;
  }

  #scene(): Scene {
    const { target, lengthMs } = this.#schedule;
    const [world, ledger, readers] = [this.#world, this.#ledger, this.#readers];
    return { world, target, lengthMs, ledger, readers, streams: STREAMS, channels: CHANNELS };
  }

  /** Publishes on every channel until each reader is where it is waited for. */
  async #publishUntil(
    name: string,
    withinMs: number,
    there: (record: ReaderRecord) => Promise<void>,
  ): Promise<void> {
    const missing = new Set(this.#readers.map(({ record }) => record));
    for (const record of missing) void there(record).then(() => missing.delete(record));
    const deadline = performance.now() + withinMs;
    await using publishers = new AsyncDisposableStack();
    const each = CHANNELS.map((channel) => ({
      channel,
      publisher: publishers.use(new HttpPublisher(this.#world.door(0, name), channel)),
    }));
    while (missing.size > 0) {
      if (performance.now() > deadline) {
        const names = [...missing].map((record) => record.name);
        throw new Error(`not there within ${withinMs} ms (${name}): ${names.join(", ")}`);
      }
      await Promise.all(
        each.map(async ({ channel, publisher }) => {
          const publication = this.#ledger.begin(channel, `${channel}/${name}`, true);
          this.#ledger.settle(publication, await publisher.publish(publication.mark));
        }),
      );
      await wait(SENTINEL_INTERVAL_MS);
    }
  }

  async #judge(records: readonly ReaderRecord[], endMs: number): Promise<RoundResult> {
    const schedule = this.#schedule;
    const streams = new Map<string, readonly StreamEntry[]>();
    for (const channel of STREAMS) streams.set(channel, await this.#world.entriesOf(channel));
    const probes = await this.#probe(records, streams);
    const ledger = this.#ledger;
    const isLossless = faultNamed(schedule.fault).isLossless(schedule.persistence);
    const verdict = judge({ ledger, records: [...records, ...probes], streams, isLossless });
    return {
      schedule,
      verdict,
      liveAgainMs: records.flatMap((record) => liveAgain(record, ledger, endMs)),
      publications: ledger.all.length,
      deliveries: records.reduce((sum, { events }) => sum + events.length, 0),
      durationMs: performance.now() - this.#startMs,
      records: [...records, ...probes],
      ledger,
    };
  }

  async #probe(
    records: readonly ReaderRecord[],
    streams: ReadonlyMap<string, readonly StreamEntry[]>,
  ): Promise<ReaderRecord[]> {
    const random = randomFrom(this.#schedule.seed);
    const probing = [...streams].flatMap(([channel, entries]) => {
      const own = records.filter((record) => record.channel === channel);
      const last = entries.at(-1);
      return choosePositions(own, last, random).map((position, index) => {
        const front = index % this.#world.gateways.length;
        return probe({ door: this.#world.door(front, "probe"), channel, front, position, last });
      });
    });
    return Promise.all(probing);
  }
}

function liveAgain({ events }: ReaderRecord, ledger: Ledger, endMs: number): number[] {
  for (const event of events) {
    if (event.kind !== "message") continue;
    if ((ledger.find(event.mark)?.sentAtMs ?? 0) >= endMs) return [event.atMs - endMs];
  }
  return [];
}
