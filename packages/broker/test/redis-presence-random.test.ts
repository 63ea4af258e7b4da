/**
 * Presence under chance, by a seed: members come and go at several gateways, which die, lose their leases, are replaced,
 * and lose their ways to a Redis that forgets.
 *
 * The oracle is what the gateways that live hold in the end, and a reader that believes nothing but notices.
 */
import { randomFrom, type RedisServer, startRedis, TcpProxy } from "@tidewire/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  judgeNotice,
  type MembersPage,
  type PresenceChange,
  type PresenceNotice,
  type PresenceVersion,
} from "../src/index.ts";
import { valueOf } from "./observer.ts";
import { openBroker, openRawClient, openReadyBroker, type Opened } from "./open-broker.ts";
import { renew, settlePresence, someone } from "./presence-helpers.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

const STEPS = 80;
const CHANNELS = ["room", "other"];
const MEMBERS = Array.from({ length: 12 }, (_, index) => `member ${index}`);
const LINKS = ["tidewire-publisher", "tidewire-subscriber", "tidewire"];

type Random = () => number;

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)] as Item;
}

/** One gateway, and what it holds. */
class Gateway {
  readonly id: string;
  readonly opened: Opened;
  readonly held = new Map(CHANNELS.map((channel) => [channel, new Set<string>()]));

  constructor(id: string, opened: Opened) {
    this.id = id;
    this.opened = opened;
    void this.#renewWhenLost();
  }

  /** Fails while the link is down. */
  async renew(): Promise<void> {
    await renew(this.opened, this.id).catch(() => {});
  }

  change(random: Random): void {
    const { presence } = this.opened.broker;
    const [channel, id] = [pick(random, CHANNELS), pick(random, MEMBERS)];
    if (random() < 0.5) {
      this.held.get(channel)?.delete(id);
      void presence.leave(channel, id);
    } else {
      this.held.get(channel)?.add(id);
      void presence.enter(channel, someone(id, String(Math.floor(random() * 3))));
    }
  }

  /** All that was asked of it before is done. */
  async settle(): Promise<void> {
    const { broker, observer } = this.opened;
    await observer.untilLink(broker, "up");
    await this.renew();
    valueOf(await broker.presence.enter("elsewhere", someone(this.id)));
    valueOf(await broker.presence.leave("elsewhere", this.id));
  }

  async #renewWhenLost(): Promise<void> {
    for (;;) {
      await this.opened.observer.lostLeases.next();
      await this.renew();
    }
  }
}

/** Believes notices, and writes down which can't be. */
class Reader {
  readonly faults: string[] = [];
  known = new Map<string, string>();
  /** How often it had to ask. */
  asked = 0;
  #version: PresenceVersion = { epoch: "", number: 0 };
  readonly #opened: Opened;

  constructor(opened: Opened) {
    this.#opened = opened;
  }

  async ask(): Promise<MembersPage> {
    this.asked += 1;
    const page = valueOf(await this.#opened.broker.presence.members("room", { limit: 1_000 }));
    this.known = new Map(page.members.map(({ id, info }) => [id, info]));
    this.#version = page.version;
    return page;
  }

  /** Hears what there is, until the sentinel has joined. */
  async untilSentinel(): Promise<void> {
    while (!this.known.has("sentinel")) {
      const event = await this.#opened.observer.presenceEvents.next();
      if (event.kind === "reset") await this.ask();
      else await this.#hear(event.notice);
    }
  }

  async #hear(notice: PresenceNotice): Promise<void> {
    const judged = judgeNotice(notice, this.#version);
    if (judged === "missed") await this.ask();
    if (judged !== "next") return;
    for (const change of notice.changes) this.#take(change);
    this.#version = notice.version;
  }

  #take(change: PresenceChange): void {
    const { id, info } = change.kind === "left" ? { id: change.id, info: "" } : change.member;
    const before = this.known.get(id);
    const isPossible =
      change.kind === "joined"
        ? before === undefined
        : before !== undefined && (change.kind === "left" || before !== info);
    if (!isPossible) this.faults.push(`${change.kind} ${id} ${info}, which was ${before}`);
    if (change.kind === "left") this.known.delete(id);
    else this.known.set(id, info);
  }
}

/** @param isForgetful whether Redis loses the epoch, and ways to it break */
async function play(seed: number, isForgetful: boolean) {
  const random = randomFrom(seed);
  const prefix = `random-${seed}:`;
  const own = `${prefix}tidewire:`;
  await settlePresence(redis.url, prefix);
  await using stack = new AsyncDisposableStack();
  const proxy = stack.use(await TcpProxy.start(redis.port));
  const raw = stack.use(openRawClient(redis.url));
  const watching = stack.use(await openReadyBroker(redis.url, prefix));
  const reader = new Reader(watching);
  valueOf(await watching.broker.presence.watch("room"));
  await reader.ask();
  const url = `redis://127.0.0.1:${proxy.port}`;
  let count = 0;

  async function found(): Promise<Gateway> {
    count += 1;
    const gateway = new Gateway(`gateway-${count}`, stack.use(openBroker(url, prefix)));
    await gateway.opened.observer.untilLink(gateway.opened.broker, "up");
    await gateway.renew();
    return gateway;
  }

  const dead: string[] = [];
  const gateways = [await found(), await found(), await found()];

  async function disturb(): Promise<void> {
    const index = Math.floor(random() * gateways.length);
    const gateway = gateways[index] as Gateway;
    const kind = random();
    if (kind < 0.35) {
      await gateway.opened.broker.close();
      await raw.hdel(`${own}leases`, gateway.id);
      dead.push(gateway.id);
      gateways[index] = await found();
    } else if (kind < 0.6) await raw.hdel(`${own}leases`, gateway.id);
    else if (kind < 0.7) await raw.del(`${own}leases`);
    else if (kind < 0.8 || !isForgetful) await raw.del(`${own}presence:quiet`);
    else if (kind < 0.9) await raw.del(`${own}presence:state`);
    else proxy.reset(pick(random, LINKS));
  }

  for (let step = 0; step < STEPS; step += 1) {
    const changes = Math.floor(random() * 20);
    for (let change = 0; change < changes; change += 1) pick(random, gateways).change(random);
    if (random() < 0.5) await pick(random, gateways).renew();
    if (random() < 0.3) await disturb();
    if (isForgetful && step === STEPS / 2) await raw.del(`${own}presence:state`);
    if (random() < 0.5) await raw.ping();
  }

  await renew(watching, "watching");
  // A renewal may have been under way when its gateway died.
  for (const id of dead) await raw.hdel(`${own}leases`, id);
  for (let round = 0; round < 2; round += 1) {
    for (const gateway of gateways) await gateway.settle();
    await raw.del(`${own}presence:quiet`);
    await renew(watching, "watching");
  }
  await expect.poll(() => raw.hlen(`${own}presence:terms`)).toBe(gateways.length + 1);
  valueOf(await watching.broker.presence.enter("room", someone("sentinel")));
  await reader.untilSentinel();
  const heard = new Map(reader.known);
  const { members } = await reader.ask();
  const held = new Set(["sentinel"]);
  for (const gateway of gateways) for (const id of gateway.held.get("room") ?? []) held.add(id);
  return { reader, heard, members, held };
}

describe("presence, whatever happens by chance", () => {
  test.each([1, 2, 3, 4, 5, 6])(
    "is told by notices alone where nothing is forgotten: seed %d",
    async (seed) => {
      const { reader, heard, members, held } = await play(seed, false);
      expect(new Set(members.map(({ id }) => id))).toEqual(held);
      expect(heard).toEqual(reader.known);
      expect(reader.faults).toEqual([]);
      // At first, and now.
      expect(reader.asked).toBe(2);
    },
  );

  test.each([11, 12, 13, 14, 15, 16])("is right in the end whatever was lost: seed %d", async (seed) => {
    const { reader, heard, members, held } = await play(seed, true);
    expect(new Set(members.map(({ id }) => id))).toEqual(held);
    expect(heard).toEqual(reader.known);
    expect(reader.asked).toBeGreaterThan(2);
  });
});
