/**
 * Leases of gateways on Redis: one hash, judged by Redis's clock alone.
 *
 * Invariant: a lease counts only within its time after it was last renewed, and each that is taken has a higher
 * incarnation than any that its gateway held before.
 */
import type { Redis } from "ioredis";
import type { Lease, LeaseOutcome, Peer } from "./broker.ts";
import { PRESENCE_QUIET } from "./redis-names.ts";

/**
 * For use in scripts: `now`, and `parseLease`, which returns the parts of a lease, or nothing when it does not count. A
 * lease is kept as "when it was renewed, for how long it lasts, since when its gateway runs, incarnation, version".
 *
 * A lease that was renewed far in the future was renewed before the clock was set back, and is void.
 */
export const PARSE_LEASE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function parseLease(text)
  local renewed, lasts, since, incarnation, version = string.match(text, '^(%d+) (%d+) (%d+) (%d+) (.*)$')
  if renewed and math.abs(now - renewed) < tonumber(lasts) then return since, incarnation, version end
end
`;

/**
 * For use in scripts, too: `live` lists the leases that count and removes the others.
 *
 * KEYS[1]  the leases
 */
const LIVE = `${PARSE_LEASE}
local function live()
  local leases = {}
  local entries = redis.call('HGETALL', KEYS[1])
  for i = 1, #entries, 2 do
    local since, incarnation, version = parseLease(entries[i + 1])
    if since then
      leases[#leases + 1] = {entries[i], version, tonumber(since), tonumber(incarnation)}
    else
      redis.call('HDEL', KEYS[1], entries[i])
    end
  end
  return leases
end
`;

/**
 * KEYS[1]  the leases
 * KEYS[2]  the highest incarnation so far
 * ARGV[1]  the gateway
 * ARGV[2]  its version
 * ARGV[3]  for how long it has been running
 * ARGV[4]  for how long the lease lasts
 * ARGV[5]  the key that keeps presence as it is, while it is there
 *
 * An incarnation is at least the time, so it grows also over a Redis that has lost everything. When no lease counts, it
 * was the broker that was away, or all gateways were: that nobody's members are removed for the length of a lease has
 * to be said before anybody can see this one. It is no fault of the lease when Redis forbids that. Returns whether the
 * lease was taken, and the others.
 */
const RENEW = `${LIVE}
local leases = live()
if #leases == 0 then
  local mode = redis.pcall('GET', ARGV[5]) == 'anew' and 'anew' or 'calm'
  redis.pcall('SET', ARGV[5], mode, 'PX', ARGV[4])
end
local held
for _, lease in ipairs(leases) do
  if lease[1] == ARGV[1] then held = lease end
end
local isTaken = 0
if not held then
  local incarnation = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, now)
  redis.call('SET', KEYS[2], string.format('%d', incarnation))
  held = {ARGV[1], ARGV[2], now - ARGV[3], incarnation}
  leases[#leases + 1] = held
  isTaken = 1
end
local lease = string.format('%d %d %d %d %s', now, ARGV[4], held[3], held[4], ARGV[2])
redis.call('HSET', KEYS[1], ARGV[1], lease)
redis.call('PEXPIRE', KEYS[1], math.max(redis.call('PTTL', KEYS[1]), tonumber(ARGV[4])))
return {isTaken, held[4], leases}
`;

/**
 * KEYS[1]  the leases
 * ARGV[1]  the name on which gateways are asked
 * ARGV[2]  the question
 *
 * Listing and asking are one step: whoever is listed was asked. Returns the gateways.
 */
const ASK = `${LIVE}
local gateways = {}
for _, lease in ipairs(live()) do gateways[#gateways + 1] = lease[1] end
redis.call('PUBLISH', ARGV[1], ARGV[2])
return gateways
`;

type LeaseRow = [gateway: string, version: string, sinceMs: number, incarnation: number];

export class RedisLeases {
  readonly #publisher: Redis;
  readonly #key: string;
  readonly #incarnationKey: string;
  readonly #quietKey: string;
  #own: string | undefined;

  /** @param prefix goes before the names */
  constructor(publisher: Redis, prefix: string) {
    this.#publisher = publisher;
    this.#key = `${prefix}leases`;
    this.#incarnationKey = `${prefix}incarnation`;
    this.#quietKey = prefix + PRESENCE_QUIET;
  }

  /** The key of the leases. */
  get key(): string {
    return this.#key;
  }

  /** The gateway of this process, once it has asked for a lease. */
  get own(): string | undefined {
    return this.#own;
  }

  async renew({ gateway, version, ageMs, forMs }: Lease): Promise<LeaseOutcome> {
    this.#own = gateway;
    const keys = [this.#key, this.#incarnationKey];
    const args = [gateway, version, Math.floor(ageMs), Math.ceil(forMs), this.#quietKey];
    const reply = await this.#publisher.eval(RENEW, keys.length, ...keys, ...args);
    const [taken, incarnation, rows] = reply as [number, number, LeaseRow[]];
    return { incarnation, isTaken: taken === 1, peers: rows.map(peerOf) };
  }

  async end(): Promise<void> {
    if (this.#own === undefined) return;
    await this.#publisher.hdel(this.#key, this.#own);
  }

  /** Publishes a question; the value is who was asked. */
  async ask(name: string, question: string): Promise<readonly string[]> {
    return (await this.#publisher.eval(ASK, 1, this.#key, name, question)) as string[];
  }
}

function peerOf([gateway, version, sinceMs, incarnation]: LeaseRow): Peer {
  return { gateway, version, sinceMs, incarnation };
}
