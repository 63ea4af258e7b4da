/**
 * The composition root: builds the parts in the order in which they depend on each other, listens, and drains.
 *
 *     UP    connection → session → broker.publish
 *     DOWN  broker → hub.deliver → connection.write
 *     TAP   upgrade (plain) or session (v1) → interest → broker.subscribe
 */
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Broker, BrokerHandlers } from "@tidewire/broker";
import type { FastifyInstance } from "fastify";
import { createAccounts } from "./create-accounts.ts";
import { Authority } from "./authority.ts";
import { ChannelRules } from "./channel-rules.ts";
import type { Config } from "./config.ts";
import { Connections } from "./connections.ts";
import { Deadlines } from "./deadlines.ts";
import { createHttp } from "./http.ts";
import { Hub } from "./hub.ts";
import { Interest } from "./interest.ts";
import type { Log } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { Permissions } from "./permissions.ts";
import { Sessions } from "./sessions.ts";
import { startTimers } from "./timers.ts";
import { Upgrade } from "./upgrade.ts";

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
  const { config, log, createBroker, random = Math.random } = options;
  const { limits, channel: defaultChannel } = config;
  const phase = { isStopping: false, isDraining: false };
  const hub = new Hub((durationMs) => metrics.fannedOut(durationMs));
  const deadlines = new Deadlines(Date.now);
  const accounts = config.identity && createAccounts(config.identity, limits, deadlines);
  const broker = createBroker({
    ...brokerHandlers(hub, log, () => metrics.linkLost()),
    onNotice: (text) => accounts?.hear(text),
  });
  const interest = new Interest(broker, limits);
  const rules = new ChannelRules(config.channels, limits);
  const authority = createAuthority(config, rules, log, () => metrics);
  const connections: Connections = new Connections({
    sessions: new Sessions({ broker, hub, interest, rules, authority, accounts, config }),
    limits,
    log,
    random,
    onClosed: (cause) => metrics.closed(cause),
  });
  const metrics = new Metrics({ broker, connections: () => connections.counts, hub: () => hub.counts });
  const upgrade = new Upgrade({
    broker,
    interest,
    config,
    authority,
    accounts,
    isDraining: () => phase.isDraining,
    onOpen: (opened) => connections.accept(opened),
    onRefused: (code) => metrics.refused(code),
  });
  const isStopping = () => phase.isStopping;
  const http = await createHttp({ broker, access: config, limits, defaultChannel, metrics, log, isStopping });
  hearUpgrades(http, upgrade, log);
  try {
    await http.listen({ host: bindAddress(config.host), port: config.port });
  } catch (error) {
    await broker.close();
    throw error;
  }
  const stopTimers = tick(broker, config, metrics, log);

  async function drain(): Promise<void> {
    phase.isStopping = true;
    await wait(limits.drainNoticeMs);
    phase.isDraining = true;
    stopTimers();
    deadlines.stop();
    interest.endWaiting();
    await drainAll(connections, http, limits.drainTimeoutMs);
    // What clients said before they left may still wait for the application.
    await authority.settled();
    await broker.close();
  }

  let draining: Promise<void> | undefined;
  return {
    address: addressOf(http.server.address() as AddressInfo),
    drain: () => (draining ??= drain()),
  };
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

async function drainAll(connections: Connections, http: FastifyInstance, timeoutMs: number): Promise<void> {
  // A request that never ends must not hold up the end either.
  const deadline = setTimeout(() => http.server.closeAllConnections(), timeoutMs);
  await connections.drain(timeoutMs);
  await http.close();
  clearTimeout(deadline);
}

function brokerHandlers(hub: Hub, log: Log, onLinkLost: () => void): Omit<BrokerHandlers, "onNotice"> {
  let wasUp = false;
  return {
    onPublication: (channel, publication) => hub.deliver(channel, publication),
    onChannelRefused: (channel, error) => {
      log.error({ channel }, `the broker refuses a channel: ${error.message}`);
      hub.refuse(channel);
    },
    onLink: (link) => {
      const isUp = link.state === "up";
      // The reason may change while it is down; that is no further loss.
      if (wasUp && !isUp) onLinkLost();
      // From down to up anything may have been missed.
      if (isUp && !wasUp) hub.gap();
      wasUp = isUp;
      if (link.state === "up") log.info("the broker's link is up");
      else log.warn(`the broker's link is down: ${link.reason}`);
    },
  };
}

function hearUpgrades(http: FastifyInstance, upgrade: Upgrade, log: Log): void {
  http.server.on("upgrade", (request, socket, head) => {
    // Typed as any stream, but an HTTP server over TCP hands over its socket.
    upgrade.handle(request, socket as Socket, head).catch((error: unknown) => {
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
