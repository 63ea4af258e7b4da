/** The server API as OpenAPI 3.1, made from the schemas that check its requests. */
import { ERROR_CODES } from "@tidewire/protocol";
import { z } from "zod";
import type { Scope } from "./api-keys.ts";
import { ApiMessage, ApiMessages } from "./api-publish.ts";
import { EventsQuery, HistoryAnswer, HistoryQuery, PresenceAnswer, PresenceQuery } from "./api-reading.ts";
import {
  ChannelsAnswer,
  ChannelsQuery,
  ConnectionsAnswer,
  ConnectionsQuery,
  GatewaysAnswer,
} from "./api-registry.ts";
import { DisconnectRequest, RevokeRequest } from "./api-security.ts";
import { MessageRequest } from "./message-route.ts";
import { version } from "./version.ts";

interface Operation {
  readonly method: "get" | "post";
  readonly path: string;
  readonly summary: string;
  readonly scope: Scope;
  /** Whether clients may do it too, as far as they may read the channel. */
  readonly isForClients?: boolean;
  readonly body?: z.ZodType;
  readonly query?: z.ZodObject;
  /** Absent for server-sent events. */
  readonly answer?: z.ZodType;
}

const Receivers = z
  .int()
  .min(0)
  .describe("Gateways and other programs that were subscribed, as Redis counts them.");
const Position = z.string().describe("Behind the message, on a channel that is kept.");
const ErrorBody = z.object({
  code: z.enum(Object.keys(ERROR_CODES) as [keyof typeof ERROR_CODES]),
  message: z.string().describe("For people; it may change."),
});
const Outcome = z.union([
  z.object({
    channel: z.string(),
    receivers: Receivers.optional(),
    position: Position.optional(),
    duplicate: z.boolean(),
  }),
  z.object({ channel: z.string(), error: ErrorBody.extend({ retry: z.boolean() }) }),
]);

const OPERATIONS: readonly Operation[] = [
  {
    method: "post",
    path: "/message",
    summary: "Publishes one message on a channel or to a user.",
    scope: "publish",
    body: MessageRequest,
    answer: z.object({ receivers: Receivers.optional(), position: Position.optional() }),
  },
  {
    method: "post",
    path: "/api/v1/publish",
    summary: "Publishes one message or many, on a channel, on many, or to a user.",
    scope: "publish",
    body: z.union([ApiMessage, ApiMessages]),
    answer: z.object({
      results: z.array(Outcome).describe("One for each channel of each message, in order."),
    }),
  },
  {
    method: "post",
    path: "/api/v1/disconnect",
    summary: "Ends the present connections of a user on all gateways; they may come back.",
    scope: "admin",
    body: DisconnectRequest,
    answer: z.object({}),
  },
  {
    method: "post",
    path: "/api/v1/revoke",
    summary:
      "Revokes one token, or all that a user has until now, and ends their connections on all gateways.",
    scope: "admin",
    body: RevokeRequest,
    answer: z.object({}),
  },
  {
    method: "get",
    path: "/api/v1/gateways",
    summary: "The gateways that are running.",
    scope: "read",
    answer: GatewaysAnswer,
  },
  {
    method: "get",
    path: "/api/v1/channels",
    summary: "Channels that somebody is in, with their subscribers on all gateways, by name.",
    scope: "read",
    query: ChannelsQuery,
    answer: ChannelsAnswer,
  },
  {
    method: "get",
    path: "/api/v1/connections",
    summary: "The connections of all gateways, by gateway and age.",
    scope: "read",
    query: ConnectionsQuery,
    answer: ConnectionsAnswer,
  },
  {
    method: "get",
    path: "/api/v1/history",
    summary: "What is kept of a stream channel, a page at a time.",
    scope: "read",
    isForClients: true,
    query: HistoryQuery,
    answer: HistoryAnswer,
  },
  {
    method: "get",
    path: "/api/v1/presence",
    summary: "Who is on a channel with presence, a page at a time.",
    scope: "read",
    isForClients: true,
    query: PresenceQuery,
    answer: PresenceAnswer,
  },
  {
    method: "get",
    path: "/api/v1/events",
    summary:
      "What comes on a channel, as server-sent events; the header Last-Event-ID goes before since and last.",
    scope: "read",
    isForClients: true,
    query: EventsQuery,
  },
  {
    method: "get",
    path: "/api/v1/openapi.json",
    summary: "This document.",
    scope: "read",
    answer: z.object({}),
  },
];

function json(schema: z.ZodType, io: "input" | "output"): object {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io });
  return { "application/json": { schema: rest } };
}

function parameters(query: z.ZodObject): object[] {
  // What a parameter means, not the text that it comes as.
  const { properties = {} } = z.toJSONSchema(query, { io: "output" });
  const { required = [] } = z.toJSONSchema(query, { io: "input" });
  const isRequired = (name: string) => required.includes(name);
  return Object.entries(properties).map(([name, schema]) => {
    return { name, in: "query", required: isRequired(name), schema };
  });
}

const ERROR_BODY = z.object({ error: ErrorBody });
const FOR_SERVERS = "without any key configured, a program on the same machine";
const FOR_CLIENTS = `${FOR_SERVERS}. A client may, too, if it may subscribe to the channel`;

function describe({ summary, scope, isForClients = false, body, query, answer }: Operation): object {
  return {
    summary,
    description: `Wants a key with the scope \`${scope}\`; ${isForClients ? FOR_CLIENTS : FOR_SERVERS}.`,
    security: isForClients ? [{ key: [] }, { token: [] }, { tokenInQuery: [] }, {}] : [{ key: [] }],
    ...(query && { parameters: parameters(query) }),
    ...(body && { requestBody: { required: true, content: json(body, "input") } }),
    responses: {
      200: { description: "Done.", content: answer ? json(answer, "output") : { "text/event-stream": {} } },
      default: { description: "Refused.", content: json(ERROR_BODY, "output") },
    },
  };
}

export function openApi(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of OPERATIONS) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Tidewire, server API", version },
    components: {
      securitySchemes: {
        key: { type: "http", scheme: "bearer" },
        token: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
        tokenInQuery: { type: "apiKey", in: "query", name: "token" },
      },
    },
    paths,
  };
}
