/** Presence as Redis keeps it: changing, tending and asking, each one script. Throws what the client throws. */
import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import { APPLY, PAGE, TEND } from "./presence-scripts.ts";
import type { HoldingBatch } from "./presence-holdings.ts";
import { MAX_PAGE_MEMBERS, type MembersPage, type MembersRequest } from "./presence.ts";
import { PRESENCE } from "./redis-names.ts";

/** Most members that one call removes: Redis does nothing else meanwhile. */
const MAX_SWEEP = 500;

/** The lease of this gateway. */
export interface HeldLease {
  readonly gateway: string;
  readonly incarnation: number;
  /** In milliseconds. */
  readonly forMs: number;
}

/** One stay of this gateway under a lease: what it enters counts for that one. */
export interface Term {
  readonly lease: HeldLease;
  readonly epoch: string;
}

/** Unless it is `done`, nothing was. */
export type Applied = "done" | "lease lost" | "epoch over";

export interface Tended {
  readonly epoch: string;
  /** Whether the epoch is so new that gateways may not have entered all anew. */
  readonly isFilling: boolean;
  /** Whether there is more to remove now. */
  readonly hasMore: boolean;
}

export interface RedisPresenceStoreOptions {
  readonly publisher: Redis;
  /** Goes before the names that are no channel's. */
  readonly own: string;
  readonly leasesKey: string;
}

type PageReply = [
  epoch: string,
  number: number,
  isComplete: number,
  total: number,
  ids: string[],
  infos: string[],
];

export class RedisPresenceStore {
  readonly #options: RedisPresenceStoreOptions;
  /** Goes before the names of presence. */
  readonly #names: string;

  constructor(options: RedisPresenceStoreOptions) {
    this.#options = options;
    this.#names = options.own + PRESENCE;
  }

  /** The name on which the steps of a channel are told. */
  nameOf(channel: string): string {
    return this.#names + channel;
  }

  /** The channel whose steps are told on that name, if one's are. */
  channelOf(name: string): string | undefined {
    return name.startsWith(this.#names) ? name.slice(this.#names.length) : undefined;
  }

  async apply(
    { lease: { gateway, incarnation }, epoch }: Term,
    { sequence, changes, isWhole }: HoldingBatch,
  ): Promise<Applied> {
    const rows = changes.flatMap(({ kind, channel, member: { id, info }, saidMs }) => [
      kind,
      channel,
      id,
      info,
      saidMs,
    ]);
    const args = [gateway, incarnation, epoch, sequence, isWhole ? "1" : "0", ...rows];
    return (await this.#eval(APPLY, this.#options.leasesKey, args)) as Applied;
  }

  /**
   * Makes the epoch anew where it has to be, and removes some of what is held under leases that are over.
   *
   * @param isBack whether the link was away before: then nobody removes anything for the length of a lease
   */
  async tend(forMs: number, isBack: boolean): Promise<Tended> {
    const args = [randomToken(), Math.ceil(forMs), MAX_SWEEP, isBack ? "1" : "0"];
    const reply = await this.#eval(TEND, this.#options.leasesKey, args);
    const [epoch, quiet, hasMore] = reply as [string, string, number];
    return { epoch, isFilling: quiet === "anew", hasMore: hasMore === 1 };
  }

  /** @param isWatched whether the channel's steps from then on are of interest */
  async page(
    channel: string,
    { after = "", limit }: MembersRequest,
    isWatched: boolean,
  ): Promise<MembersPage> {
    const most = Math.min(limit, MAX_PAGE_MEMBERS);
    const args = [channel, after, most, randomToken(), isWatched ? "1" : "0"];
    const reply = await this.#eval(PAGE, `${this.#names}state`, args);
    const [epoch, number, isComplete, total, ids, infos] = reply as PageReply;
    return {
      members: ids.slice(0, most).map((id, index) => ({ id, info: infos[index] as string })),
      total,
      hasMore: ids.length > most,
      version: { epoch, number },
      isComplete: isComplete === 1,
    };
  }

  count(channel: string): Promise<number> {
    return this.#options.publisher.zcard(`${this.#names}members:${channel}`);
  }

  // The body goes along each time: a hash that Redis does not know would be sent twice, out of order.
  #eval(script: string, key: string, args: readonly (string | number)[]): Promise<unknown> {
    return this.#options.publisher.eval(script, 1, key, this.#names, ...args);
  }
}

/** Short, since it stands beside every member. */
function randomToken(): string {
  return randomBytes(6).toString("base64url");
}
