/**
 * The composition root: builds the parts in the order in which they depend on each other, listens, and drains.
 *
 *     UP    connection → session → broker.publish
 *     DOWN  broker → hub.deliver → connection.write
 *     TAP   upgrade → interest → broker.subscribe
 */
import type { AddressInfo } from "node:net";
import type { Broker, BrokerHandlers, Link } from "@tidewire/broker";
import { CLOSE_CODES } from "@tidewire/protocol";
import type { Config } from "./config.ts";
import type { CloseCause } from "./connection.ts";
import { Connections } from "./connections.ts";
import { createHttp } from "./http.ts";
import { Hub } from "./hub.ts";
import { Interest } from "./interest.ts";
import type { Log } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { Upgrade } from "./upgrade.ts";

export interface GatewayOptions {
  readonly config: Config;
  readonly log: Log;
  readonly createBroker: (handlers: BrokerHandlers) => Broker;
}

export interface Gateway {
  /** Host and port as a URL writes them: `127.0.0.1:1234`, `[::1]:1234`. */
  readonly address: string;
  /** Takes nobody new, asks clients to leave, and ends when they have, or when the drain time is over. */
  readonly drain: () => Promise<void>;
}

/** Listens as configured. Rejects with the error of the socket when the address can't be bound. */
export async function startGateway({ config, log, createBroker }: GatewayOptions): Promise<Gateway> {
  const { limits, channel: defaultChannel } = config;
  let isDraining = false;
  const hub = new Hub();
  const broker = createBroker({
    onPublication: (channel, publication) => hub.deliver(channel, publication),
    onChannelRefused: (channel, error) => {
      log.error({ channel }, `the broker refuses a channel: ${error.message}`);
      hub.expel(channel, CLOSE_CODES.channelRefused);
    },
    onLink: (link) => logLink(log, link),
  });
  const interest = new Interest(broker, limits.lingerMs);
  const metrics: Metrics = new Metrics({
    broker,
    connections: () => connections.size,
    hub: () => hub.counts,
  });
  const onClosed = (cause: CloseCause) => metrics.closed(cause);
  const connections = new Connections({ hub, broker, interest, config, log, onClosed });
  const common = { broker, access: config, limits, defaultChannel, isDraining: () => isDraining };
  const upgrade = new Upgrade({
    ...common,
    interest,
    onOpen: (webSocket, socket, channel) => connections.accept(webSocket, socket, channel),
    onRefused: (code) => metrics.refused(code),
  });
  const http = await createHttp({ ...common, metrics, log });
  http.server.on("upgrade", (request, socket, head) => {
    upgrade.handle(request, socket, head).catch((error: unknown) => {
      log.error({ err: error }, "an upgrade failed");
      socket.destroy();
    });
  });
  try {
    await http.listen({ host: bindAddress(config.host), port: config.port });
  } catch (error) {
    await broker.close();
    throw error;
  }

  return {
    address: addressOf(http.server.address() as AddressInfo),
    async drain() {
      isDraining = true;
      upgrade.refuseWaiting();
      // A request that never ends must not hold up the end either.
      const deadline = setTimeout(() => http.server.closeAllConnections(), limits.drainTimeoutMs);
      await connections.drain(limits.drainTimeoutMs);
      await http.close();
      clearTimeout(deadline);
      await broker.close();
    },
  };
}

// Fastify opens a second server for the other address of "localhost", which would not hear of upgrades.
function bindAddress(host: string): string {
  return host === "localhost" ? "127.0.0.1" : host;
}

function addressOf({ address, port }: AddressInfo): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

function logLink(log: Log, link: Link): void {
  if (link.state === "up") log.info("the broker's link is up");
  else log.warn(`the broker's link is down: ${link.reason}`);
}
