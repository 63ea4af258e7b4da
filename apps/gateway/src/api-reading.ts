/** What servers and clients may read of a channel over HTTP: a page of what is kept, and events as they come. */
import type { IncomingMessage } from "node:http";
import {
  channelFault,
  MAX_AFTER_LENGTH,
  MAX_HISTORY_LIMIT,
  MAX_PRESENCE_LIMIT,
  type Refusal,
} from "@tidewire/protocol";
import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import type { ChannelRules } from "./channel-rules.ts";
import type { Opened } from "./connections.ts";
import type { Admitted, Entrance } from "./entrance.ts";
import { openEvents } from "./event-connection.ts";
import type { ReadHistory } from "./history.ts";
import { limitUpTo, readQuery } from "./read-query.ts";
import { NO_PRESENCE, type ReadPresence } from "./read-presence.ts";
import type { Readers } from "./readers.ts";
import type { Wanted } from "./sessions.ts";
import { readStart, startSince } from "./start.ts";

const ChannelName = z.string().describe("The channel.");
const Since = z.string().describe("A position: what came behind it.");
const Token = z.string().optional().describe("The token of a client that can send no headers.");

export const HistoryQuery = z
  .strictObject({
    channel: ChannelName,
    since: Since.optional(),
    before: z.string().optional().describe("A position: what came before it, the nearest ones."),
    limit: limitUpTo(MAX_HISTORY_LIMIT).optional(),
    token: Token,
  })
  .refine(({ since, before }) => since === undefined || before === undefined, {
    message: "must name one of since and before, not both",
  });

export const HistoryAnswer = z.object({
  channel: z.string(),
  messages: z
    .array(
      z.object({
        position: z.string(),
        sender: z.string().optional(),
        time: z.number().describe("When it was kept, in milliseconds since 1970."),
        data: z.unknown().optional(),
        base64: z.string().optional().describe("Instead of data, for a payload that is not UTF-8."),
      }),
    )
    .describe("The oldest first."),
  complete: z.boolean().describe("Whether it is certain that nothing in between is missing."),
  more: z.boolean().describe("Whether there was more in that direction."),
  position: z.string().describe("Where the channel ended."),
});

export const PresenceQuery = z.strictObject({
  channel: ChannelName,
  after: z
    .string()
    .min(1)
    .max(MAX_AFTER_LENGTH)
    .optional()
    .describe("What the answer before said as next: the members behind."),
  limit: limitUpTo(MAX_PRESENCE_LIMIT, 0).optional(),
  token: Token,
});

const Info = z.record(z.string(), z.unknown()).optional().describe("What everybody there may know of it.");

export const PresenceAnswer = z.object({
  channel: z.string(),
  members: z.array(
    z.union([z.object({ user: z.string(), info: Info }), z.object({ connection: z.string(), info: Info })]),
  ),
  total: z.int().min(0).describe("How many there are on the channel."),
  next: z.string().optional().describe("What to give as after for more; absent at the end."),
  complete: z.boolean().describe("Whether it is certain that nobody is missing."),
});

export const EventsQuery = z.strictObject({
  channel: ChannelName,
  since: Since.optional(),
  last: z
    .string()
    .optional()
    .describe(`How many of the newest messages come first, 0 to ${MAX_HISTORY_LIMIT}.`),
  presence: z.enum(["0", "1"]).optional().describe("1: who is on the channel is told, too."),
  token: Token,
});

export interface ReadingOptions {
  readonly entrance: Entrance;
  readonly readers: Readers;
  readonly rules: ChannelRules;
  readonly readHistory: ReadHistory;
  readonly readPresence: ReadPresence;
  readonly onOpen: (opened: Opened) => void;
  /** Answers a request with a refusal. */
  readonly refuse: (reply: FastifyReply, refusal: Refusal) => FastifyReply;
}

export function addReadingRoutes(app: FastifyInstance, options: ReadingOptions): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.headers({ "cache-control": "no-store", ...options.readers.headersFor(request.raw) });
  });
  addHistoryRoute(app, options);
  addPresenceRoute(app, options);
  addEventsRoute(app, options);
}

function addHistoryRoute(app: FastifyInstance, options: ReadingOptions): void {
  app.get("/api/v1/history", async (request, reply) => {
    const query = readQuery(HistoryQuery, request.query);
    if (!query.ok) return options.refuse(reply, query.refusal);
    const { token: _token, ...question } = query.value;
    return answerPage(reply, options, question.channel, () => options.readHistory(question));
  });
}

function addPresenceRoute(app: FastifyInstance, options: ReadingOptions): void {
  app.get("/api/v1/presence", async (request, reply) => {
    const query = readQuery(PresenceQuery, request.query);
    if (!query.ok) return options.refuse(reply, query.refusal);
    const { token: _token, ...question } = query.value;
    return answerPage(reply, options, question.channel, () => options.readPresence(question));
  });
}

/** @param read answers with the members of the page as JSON text; asked when the caller may know */
async function answerPage(
  reply: FastifyReply,
  { entrance, readers, refuse }: ReadingOptions,
  channel: string,
  read: () => Promise<string | Refusal>,
): Promise<FastifyReply> {
  const fault = channelFault(channel);
  if (fault) return refuse(reply, { code: "invalid_channel", message: fault });
  const reader = await readers.check(reply.request.raw, channel);
  if ("code" in reader) return refuse(reply, reader);
  const page = await read();
  if (typeof page !== "string") return refuse(reply, page);
  const refusal = entrance.refuseLate(reader.identity);
  if (refusal) return refuse(reply, refusal);
  return reply.type("application/json; charset=utf-8").send(`{${page}}`);
}

/** Without HEAD, which would have to find out whether the client may, and then have nothing to tell. */
function addEventsRoute(app: FastifyInstance, options: ReadingOptions): void {
  const { entrance, readers, refuse } = options;
  app.get("/api/v1/events", { exposeHeadRoute: false }, async (request, reply) => {
    const query = readQuery(EventsQuery, request.query);
    if (!query.ok) return refuse(reply, query.refusal);
    const { channel } = query.value;
    const presence = query.value.presence === "1";
    const fault = channelFault(channel);
    if (fault) return refuse(reply, { code: "invalid_channel", message: fault });
    if (presence && !options.rules.of(channel).presence) return refuse(reply, NO_PRESENCE);
    const where = whereFrom(request.raw, channel, options.rules);
    const refusal = "code" in where ? where : entrance.closed;
    if (refusal) return refuse(reply, refusal);
    const admitted = await entrance.admit(request.raw, async () => {
      const reader = await readers.check(request.raw, channel);
      if ("code" in reader) return reader;
      return { protocol: "events", channel, presence, ...(where as Where), ...reader };
    });
    if ("code" in admitted) return refuse(reply, admitted);
    return open(reply, admitted, options);
  });
}

function open(reply: FastifyReply, admitted: Admitted, options: ReadingOptions): FastifyReply {
  const { entrance, readers, onOpen } = options;
  const { raw: response, request } = reply;
  const { socket } = request.raw;
  reply.hijack();
  if (!socket.writable) {
    entrance.release(admitted);
    return reply;
  }
  openEvents(response, readers.headersFor(request.raw));
  onOpen({ ...admitted, response, socket });
  return reply;
}

type Where = Pick<Extract<Wanted, { protocol: "events" }>, "start" | "isBack">;

/** Where a reader begins: one that comes back by itself says so in a header, and repeats the URL of the first time. */
function whereFrom(
  { headers, url = "" }: IncomingMessage,
  channel: string,
  rules: ChannelRules,
): Where | Refusal {
  const isKept = rules.of(channel).stream !== undefined;
  const lastId = headers["last-event-id"];
  const isBack = typeof lastId === "string" && lastId !== "";
  const query = URL.parse(url, "http://gateway")?.searchParams ?? new URLSearchParams();
  const start = isBack ? startSince(lastId) : readStart(query, isKept);
  return "code" in start ? start : { start, isBack };
}
