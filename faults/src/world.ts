/** What a round is played in: one Redis, gateways on it, and the ways between them, all of which can be harmed. */
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TcpProxy } from "@tidewire/testkit";
import type { Door } from "./door.ts";
import { GatewayNode } from "./gateway-node.ts";
import { type Persistence, RedisNode } from "./redis-node.ts";
import type { StreamEntry } from "./stream-truth.ts";
import { markIn } from "./publication.ts";
import { mintToken, SECRET } from "./tokens.ts";

export interface WorldOptions {
  readonly persistence: Persistence;
  readonly gateways: number;
  /** Absent where nobody signs in. */
  readonly tokenLifetimeS: number | undefined;
  /** Whether gateways have the limits of an operator who has set none. */
  readonly hasDefaultLimits: boolean;
  /** For Node.js, before the gateway's program. */
  readonly nodeArgs: readonly string[];
  /** How many of the gateways, the last ones, are for those who don't sign in. @default 0 */
  readonly openGateways?: number;
  /** Limits in place of others, or besides. */
  readonly limits?: object;
}

/** So that a round does not take long: what a gateway does after seconds, it does after parts of one. */
const QUICK_LIMITS = {
  streamCheckIntervalMs: 500,
  heartbeatIntervalMs: 3_000,
  closeTimeoutMs: 1_000,
  drainTimeoutMs: 1_500,
  leaseMs: 3_000,
  leaseRenewMs: 1_000,
  refreshWindowMs: 2_000,
};

/** So that what a slow reader does not take is soon more than a gateway keeps for it. */
const SMALL_BUFFERS = {
  maxPacedBytesPerConnection: 65_536,
  maxBufferedBytesPerConnection: 1_048_576,
  maxRecentPerStream: 200,
};

const CHANNELS = {
  "kept:*": { history: { size: 1_000_000 } },
  "tailed:*": { tail: true },
  "room:*": { presence: true },
};

export class World implements AsyncDisposable {
  readonly gateways: readonly GatewayNode[];
  /** For programs that write to Redis themselves. */
  readonly rawProxy: TcpProxy;
  readonly persistence: Persistence;
  /** That of now. */
  redis: RedisNode;
  readonly #tokenLifetimeS: number | undefined;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    options: WorldOptions,
    parts: Pick<World, "gateways" | "rawProxy" | "redis">,
    stack: AsyncDisposableStack,
  ) {
    this.persistence = options.persistence;
    this.#tokenLifetimeS = options.tokenLifetimeS;
    this.gateways = parts.gateways;
    this.rawProxy = parts.rawProxy;
    this.redis = parts.redis;
    this.#stack = stack;
  }

  static async start(options: WorldOptions): Promise<World> {
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(await mkdtempDisposable(join(tmpdir(), "tidewire-faults-")));
    const redis = stack.use(await RedisNode.start(options.persistence));
    const rawProxy = stack.use(await TcpProxy.start(redis.port));
    const { openGateways = 0 } = options;
    const limits = {
      ...SMALL_BUFFERS,
      ...(!options.hasDefaultLimits && QUICK_LIMITS),
      ...options.limits,
    };
    const isSignedIn = (index: number) =>
      options.tokenLifetimeS !== undefined && index < options.gateways - openGateways;
    const starting = Array.from({ length: options.gateways }, async (_, index) =>
      stack.use(
        await GatewayNode.start({
          name: `gateway-${index}`,
          folder: folder.path,
          redisPort: redis.port,
          isDurable: options.persistence === "durable",
          config: { channels: CHANNELS, limits },
          env: isSignedIn(index) ? { JWT_SECRET: SECRET } : {},
          nodeArgs: options.nodeArgs,
        }),
      ),
    );
    const started = await Promise.allSettled(starting);
    const failed = started.find((each) => each.status === "rejected");
    if (failed) throw failed.reason;
    const gateways = await Promise.all(starting);
    return new World(options, { gateways, rawProxy, redis }, stack.move());
  }

  /** Disposed of with the world. */
  use<Value extends AsyncDisposable>(value: Value): Value {
    return this.#stack.use(value);
  }

  gateway(index: number): GatewayNode {
    const gateway = this.gateways[index % this.gateways.length];
    if (!gateway) throw new Error("there is no gateway");
    return gateway;
  }

  /** How a client comes in. */
  door(front: number, user: string): Door {
    const lifetimeS = this.#tokenLifetimeS;
    const { url } = this.gateway(front);
    return { url, ...(lifetimeS !== undefined && { getToken: () => mintToken(user, lifetimeS) }) };
  }

  /** The front door of this gateway leads to another one from now on, as a balancer would have it. @default the next one */
  leadElsewhere(index: number, other = index + 1): void {
    this.gateway(index).front.moveTo(this.gateway(other).port);
  }

  leadBack(index: number): void {
    const gateway = this.gateway(index);
    gateway.front.moveTo(gateway.port);
  }

  /** Everybody goes to another Redis for new connections. */
  moveTo(redis: RedisNode): void {
    this.redis = redis;
    for (const { redisProxy } of this.gateways) redisProxy.moveTo(redis.port);
    this.rawProxy.moveTo(redis.port);
  }

  async untilReady(): Promise<void> {
    await Promise.all(this.gateways.map((gateway) => gateway.untilReady()));
  }

  /** What is in a stream now. */
  async entriesOf(channel: string): Promise<StreamEntry[]> {
    const rows = JSON.parse(await this.redis.ask("--json", "XRANGE", channel, "-", "+")) as [
      id: string,
      fields: string[],
    ][];
    return rows.map(([id, fields]) => ({ id, mark: markIn(fields[1] ?? "") }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
