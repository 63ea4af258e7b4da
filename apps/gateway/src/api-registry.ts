/** What servers may ask about all gateways together: which there are, their channels, their connections. */
import { MAX_CHANNEL_LENGTH } from "@tidewire/protocol";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ApiOptions } from "./api-routes.ts";
import { brokerRefusal } from "./broker-refusal.ts";
import { ChannelCount, ConnectionFacts, MAX_PAGE_ITEMS } from "./census.ts";
import { CONNECTION_ID, GATEWAY_ID, partsOf } from "./connection-id.ts";
import { compareTexts } from "./pages.ts";
import { limitUpTo, readQuery } from "./read-query.ts";
import { surveyChannels, surveyConnections } from "./survey.ts";

const DEFAULT_PAGE_ITEMS = 100;

const ChannelName = z.string().max(MAX_CHANNEL_LENGTH);
const Limit = limitUpTo(MAX_PAGE_ITEMS).default(DEFAULT_PAGE_ITEMS);

export const GatewaysQuery = z.strictObject({});

export const ChannelsQuery = z.strictObject({
  prefix: ChannelName.default("").describe("How the names of the channels begin."),
  limit: Limit,
  after: ChannelName.default("").describe("The channel after which the answer begins."),
});

export const ConnectionsQuery = z.strictObject({
  user: z
    .string()
    .min(1)
    .max(MAX_CHANNEL_LENGTH)
    .optional()
    .describe("The user whose connections are wanted."),
  gateway: z
    .string()
    .regex(GATEWAY_ID, "must be the id of a gateway")
    .optional()
    .describe("The gateway whose connections are wanted."),
  limit: Limit,
  after: z
    .string()
    .regex(CONNECTION_ID, "must be the id of a connection")
    .optional()
    .describe("The connection after which the answer begins."),
});

const Next = z.string().optional().describe("What to give as after for more; absent at the end.");
const Missing = z.array(z.string()).describe("Gateways that did not answer: nothing of theirs is in here.");

export const GatewaysAnswer = z.object({
  gateways: z.array(
    z.object({
      id: z.string(),
      version: z.string(),
      since: z.int().describe("Since when it has been running, in milliseconds since 1970."),
    }),
  ),
});

export const ChannelsAnswer = z.object({ channels: z.array(ChannelCount), next: Next, missing: Missing });

export const ConnectionsAnswer = z.object({
  connections: z.array(ConnectionFacts.extend({ gateway: z.string() })),
  next: Next,
  missing: Missing,
});

const CONFIG = { config: { scope: "read" } } as const;

export function addRegistryRoutes(api: FastifyInstance, options: ApiOptions): void {
  addGatewaysRoute(api, options);
  addChannelsRoute(api, options);
  addConnectionsRoute(api, options);
}

function addGatewaysRoute(api: FastifyInstance, { registry, refuse }: ApiOptions): void {
  api.get("/api/v1/gateways", CONFIG, async (request, reply) => {
    const query = readQuery(GatewaysQuery, request.query);
    if (!query.ok) return refuse(reply, query.refusal);
    const result = await registry.peers();
    if (!result.ok) return refuse(reply, brokerRefusal(result.error));
    const gateways = result.value.map(({ gateway: id, version, sinceMs: since }) => ({ id, version, since }));
    return { gateways: gateways.toSorted((left, right) => compareTexts(left.id, right.id)) };
  });
}

function addChannelsRoute(api: FastifyInstance, { broker, limits, refuse }: ApiOptions): void {
  const asking = { broker, askTimeoutMs: limits.askTimeoutMs };
  api.get("/api/v1/channels", CONFIG, async (request, reply) => {
    const query = readQuery(ChannelsQuery, request.query);
    if (!query.ok) return refuse(reply, query.refusal);
    const result = await surveyChannels({ kind: "channels", ...query.value }, asking);
    if (!result.ok) return refuse(reply, brokerRefusal(result.error));
    const { items: channels, isMore, missing } = result.value;
    const next = isMore ? channels.at(-1)?.channel : undefined;
    return { channels, next, missing };
  });
}

function addConnectionsRoute(api: FastifyInstance, { broker, limits, refuse }: ApiOptions): void {
  const asking = { broker, askTimeoutMs: limits.askTimeoutMs };
  api.get("/api/v1/connections", CONFIG, async (request, reply) => {
    const query = readQuery(ConnectionsQuery, request.query);
    if (!query.ok) return refuse(reply, query.refusal);
    const { gateway, ...wanted } = query.value;
    const result = await surveyConnections({ kind: "connections", ...wanted }, gateway, asking);
    if (!result.ok) return refuse(reply, brokerRefusal(result.error));
    const { items, isMore, missing } = result.value;
    const connections = items.map(({ connection, user, protocol, since, channels }) => {
      return { connection, gateway: partsOf(connection).gatewayId, user, protocol, since, channels };
    });
    const next = isMore ? connections.at(-1)?.connection : undefined;
    return { connections, next, missing };
  });
}
