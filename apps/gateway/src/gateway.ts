/**
 * The composition root: builds the parts in the order in which they depend on each other, listens, and drains.
 *
 *     UP    connection → session → broker.publish
 *     DOWN  broker → hub.deliver → connection.write
 *     TAP   entrance (plain, events) or session (v1) → interest → broker.subscribe
 */
import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Broker, BrokerHandlers } from "@tidewire/broker";
import type { ErrorCode } from "@tidewire/protocol";
import type { FastifyInstance } from "fastify";
import { Attendance } from "./attendance.ts";
import { brokerHandlers } from "./broker-handlers.ts";
import { Census } from "./census.ts";
import { createAccounts } from "./create-accounts.ts";
import { Authority } from "./authority.ts";
import { ChannelRules } from "./channel-rules.ts";
import type { Config } from "./config.ts";
import { Connections, type Opened } from "./connections.ts";
import { Deadlines } from "./deadlines.ts";
import { Entrance } from "./entrance.ts";
import { createHttp } from "./http.ts";
import { HttpSockets } from "./http-sockets.ts";
import { Hub } from "./hub.ts";
import { Interest } from "./interest.ts";
import type { Limits } from "./limits.ts";
import type { Log } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { Permissions } from "./permissions.ts";
import { PresenceRooms } from "./presence-rooms.ts";
import { createReadPresence } from "./read-presence.ts";
import { Readers } from "./readers.ts";
import { Registry } from "./registry.ts";
import { Sessions } from "./sessions.ts";
import { createPublish } from "./publish.ts";
import { StreamChannels } from "./stream-channels.ts";
import { startTimers } from "./timers.ts";
import { Upgrade } from "./upgrade.ts";

/** Random bytes in the id of a gateway: enough that no two are the same. */
const GATEWAY_ID_BYTES = 9;

export interface GatewayOptions {
  readonly config: Config;
  readonly log: Log;
  readonly createBroker: (handlers: BrokerHandlers) => Broker;
  /** A number from 0 up to 1, to spread what clients do. @default Math.random */
  readonly random?: () => number;
}

export interface Gateway {
  /** Host and port as a URL writes them: `127.0.0.1:1234`, `[::1]:1234`. */
  readonly address: string;
  /** Says that it is not ready, then takes nobody new, asks clients to leave, and ends when they have. */
  readonly drain: () => Promise<void>;
}

/** Listens as configured. Rejects with the error of the socket when the address can't be bound. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, log } = options;
  const { limits } = config;
  const phase: Phase = { isStopping: false, isDraining: false };
  const parts = await build(options, phase);
  const { broker, http, interest, authority, deadlines, streams, registry, metrics } = parts;
  const { attendance, rooms } = parts;
  await listen(http, config, broker);
  registry.start();
  const stopTimers = tick(broker, config, metrics, log);

  async function drain(): Promise<void> {
    phase.isStopping = true;
    await wait(limits.drainNoticeMs);
    phase.isDraining = true;
    stopTimers();
    interest.endWaiting();
    rooms.endWaiting();
    await drainAll(parts, limits.drainTimeoutMs);
    // What clients said before they left may still wait for the application.
    await authority.settled();
    deadlines.stop();
    streams.stop();
    // Those that came back elsewhere within their grace have never left; of each of the others it is told once.
    await attendance.end();
    // Not before: until then its connections are there, and it answers for them.
    await registry.end();
    await broker.close();
  }

  let draining: Promise<void> | undefined;
  return {
    address: addressOf(http.server.address() as AddressInfo),
    drain: () => (draining ??= drain()),
  };
}

interface Phase {
  isStopping: boolean;
  isDraining: boolean;
}

/** All parts, in the order in which they depend on each other. */
async function build({ config, log, createBroker, random = Math.random }: GatewayOptions, phase: Phase) {
  const { limits } = config;
  const gatewayId = randomBytes(GATEWAY_ID_BYTES).toString("base64url");
  const hub = new Hub((durationMs) => metrics.fannedOut(durationMs));
  const deadlines = new Deadlines(Date.now);
  const accounts = config.identity && createAccounts({ identity: config.identity, limits, deadlines, log });
  const rules = new ChannelRules(config.channels, limits);
  const listeners = () => ({ accounts, attendance, census, metrics, registry, rooms, streams, rules });
  const broker = createBroker(brokerHandlers({ hub, log, limits }, listeners));
  const registry = new Registry({ broker, gatewayId, limits, log });
  const streams = new StreamChannels({ broker, hub, rules, limits, log });
  const interest = new Interest((channel) => (rules.of(channel).stream ? streams : broker), limits);
  const publish = createPublish({ broker, rules, windowMs: limits.idempotencyWindowMs });
  const people = createPeople(broker, { rules, limits, log });
  const { attendance, rooms } = people;
  const { readHistory } = streams;
  const authority = createAuthority(config, rules, log, () => metrics);
  const shared = { broker, interest, streams, rooms, rules, authority, accounts, config };
  const entrance = new Entrance({ ...shared, isDraining: () => phase.isDraining });
  const connections: Connections = new Connections({
    sessions: new Sessions({ ...shared, ...people, publish, readHistory, hub, gatewayId, random }),
    limits,
    log,
    random,
    onClosed: (seat, cause) => {
      entrance.release(seat);
      metrics.closed(cause);
    },
  });
  const census = new Census({ gatewayId, hub, connections });
  const metrics = new Metrics({
    broker,
    connections: () => connections.counts,
    hub: () => hub.counts,
    streams: () => streams.counts,
    presence: () => ({ held: attendance.held, ...rooms.counts }),
  });
  const onOpen = (opened: Opened) => connections.accept(opened);
  const onRefused = (code: ErrorCode) => metrics.refused(code);
  const upgrade = new Upgrade({ entrance, rules, config, onOpen, onRefused });
  const isStopping = () => phase.isStopping;
  const readers = new Readers({ entrance, config });
  const reading = { entrance, readers, rules, readHistory, readPresence: people.readPresence, onOpen };
  const sockets = new HttpSockets();
  const served = { broker, publish, registry, reading, metrics, isStopping };
  const http = await createHttp({ ...served, config, log, sockets });
  hearUpgrades(http, { upgrade, sockets, log });
  const drained = { connections, http, sockets, interest, rooms, authority, deadlines, streams, attendance };
  return { broker, registry, metrics, ...drained };
}

/** All that has to do with who is where. */
function createPeople(
  { presence }: Broker,
  shared: { readonly rules: ChannelRules; readonly limits: Limits; readonly log: Log },
) {
  return {
    attendance: new Attendance({ presence, ...shared }),
    rooms: new PresenceRooms({ presence, ...shared }),
    readPresence: createReadPresence({ presence, ...shared }),
  };
}

async function listen(http: FastifyInstance, { host, port }: Config, broker: Broker): Promise<void> {
  try {
    await http.listen({ host: bindAddress(host), port });
  } catch (error) {
    await broker.close();
    throw error;
  }
}

function createAuthority(config: Config, rules: ChannelRules, log: Log, metrics: () => Metrics): Authority {
  return new Authority({
    permissions: new Permissions(rules, config.identity !== undefined, config.channel),
    rules,
    config: config.hooks,
    maxPending: config.limits.maxPendingHookRequests,
    log,
    onAnswered: (verdict, durationMs) => metrics().hookAnswered(verdict, durationMs),
    now: () => performance.now(),
  });
}

function tick(broker: Broker, { timers }: Config, metrics: Metrics, log: Log): () => void {
  return startTimers(broker, timers, {
    onTick: () => metrics.timerTicked(),
    onRefused: (channel, message) => log.error({ channel }, `the broker refuses a timer: ${message}`),
  });
}

interface Open {
  readonly connections: Connections;
  readonly http: FastifyInstance;
  readonly sockets: HttpSockets;
}

async function drainAll({ connections, http, sockets }: Open, timeoutMs: number): Promise<void> {
  // A request that never ends must not hold up the end either.
  const deadline = setTimeout(() => http.server.closeAllConnections(), timeoutMs);
  await connections.drain(timeoutMs);
  sockets.end();
  await http.close();
  clearTimeout(deadline);
}

interface UpgradeParts {
  readonly upgrade: Upgrade;
  readonly sockets: HttpSockets;
  readonly log: Log;
}

function hearUpgrades(http: FastifyInstance, { upgrade, sockets, log }: UpgradeParts): void {
  http.server.on("upgrade", (request, socket, head) => {
    // Node.js hands it over also when an answer, or a stream of events, is still on its way there.
    if (sockets.unansweredOn(request.socket) > 0) {
      socket.destroy();
      return;
    }
    sockets.release(request.socket);
    upgrade.handle(request, request.socket, head).catch((error: unknown) => {
      log.error({ err: error }, "an upgrade failed");
      socket.destroy();
    });
  });
}

// Fastify opens a second server for the other address of "localhost", which would not hear of upgrades.
function bindAddress(host: string): string {
  return host === "localhost" ? "127.0.0.1" : host;
}

function addressOf({ address, port }: AddressInfo): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}
