/** The HTTP side: health, metrics, the server API and the page, each refusal as JSON. */
import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Broker } from "@tidewire/broker";
import { ERROR_CODES, type ErrorCode, type Refusal } from "@tidewire/protocol";
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from "fastify";
import { refuseApiCall } from "./access.ts";
import { addReadingRoutes, type ReadingOptions } from "./api-reading.ts";
import { addApiRoutes } from "./api-routes.ts";
import type { HttpSockets } from "./http-sockets.ts";
import { parseJson } from "./json.ts";
import type { Config } from "./config.ts";
import type { Log } from "./log.ts";
import { addMessageRoute } from "./message-route.ts";
import type { Metrics } from "./metrics.ts";
import { addPage } from "./page.ts";
import { ParserErrors } from "./parser-errors.ts";
import type { Publish } from "./publish.ts";
import { answerRefusal } from "./refusal.ts";
import type { Registry } from "./registry.ts";
import { untilTurn } from "./request-turns.ts";

/** How often Node.js looks for requests that take too long, in milliseconds. */
const TIMEOUT_CHECK_INTERVAL_MS = 1_000;
/** JSON writes one byte of a message as six at the most (`\u0000`); the rest of the body is small. */
const JSON_EXPANSION = 6;
const JSON_OVERHEAD_BYTES = 4_096;

/** The codes that stand for a status of their own. */
const CODE_OF_STATUS = new Map<number, ErrorCode>([
  [ERROR_CODES.not_found.status, "not_found"],
  [ERROR_CODES.too_large.status, "too_large"],
  [ERROR_CODES.unsupported_media_type.status, "unsupported_media_type"],
]);

export interface HttpOptions {
  readonly broker: Broker;
  readonly publish: Publish;
  readonly registry: Registry;
  readonly reading: Omit<ReadingOptions, "refuse">;
  readonly config: Config;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly isStopping: () => boolean;
  /** Is told of every connection and request. */
  readonly sockets: HttpSockets;
}

export async function createHttp(options: HttpOptions): Promise<FastifyInstance> {
  const { broker, publish, registry, reading, config, metrics, log, sockets } = options;
  const { limits, channel: defaultChannel } = config;
  const clockToleranceMs = config.identity?.clockToleranceMs ?? 0;
  const parserErrors = new ParserErrors(sockets, (code) => metrics.refused(code));
  const app = Fastify({
    bodyLimit: limits.maxMessageBytes * JSON_EXPANSION + JSON_OVERHEAD_BYTES,
    requestTimeout: limits.requestTimeoutMs,
    http: {
      maxHeaderSize: limits.maxHeaderBytes,
      shouldUpgradeCallback: isWebSocketUpgrade,
      headersTimeout: limits.requestTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
    },
    clientErrorHandler: (error, socket) => parserErrors.handle(error, socket),
    frameworkErrors: (error, _request, reply) => refuse(reply, refusalOf(error)),
  });
  app.server.on("connection", (socket: Socket) => sockets.add(socket));
  // Called when the server closes, when each connection is ended by `sockets`: Node.js would cut answers under way.
  app.server.closeIdleConnections = () => {};
  // Before anything is done for the request.
  app.server.prependListener("request", (request, response) => sockets.watch(request, response));
  // Anything but JSON is refused, so that no form of a foreign page is ever read.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    "application/json",
    { parseAs: "string" },
    async (_request: unknown, body: string) => parseJson(body),
  );
  app.setNotFoundHandler((_request, reply) =>
    refuse(reply, { code: "not_found", message: "There is nothing here." }),
  );
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const refusal = refusalOf(error);
    if (refusal.code === "internal") log.error({ err: error }, "a request failed");
    return refuse(reply, refusal);
  });
  addTurns(app, sockets);
  addToAnswers(app, limits.answerTimeoutMs);

  addHealth(app, options);
  app.get("/metrics", async (_request, reply) => {
    return reply.type(metrics.contentType).send(await metrics.text());
  });
  await app.register(async (api) => {
    api.addHook("onRequest", async (request, reply) => {
      const caller = { headers: request.headers, address: request.socket.remoteAddress };
      const { scope = "publish" } = request.routeOptions.config;
      const refusal = refuseApiCall(caller, config, scope);
      return refusal && refuse(reply, refusal);
    });
    addMessageRoute(api, publish, limits.maxMessageBytes, refuse);
    addApiRoutes(api, { broker, publish, registry, limits, clockToleranceMs, refuse, now: Date.now });
  });
  await app.register(async (api) => addReadingRoutes(api, { ...reading, refuse }));
  await addPage(app, { defaultChannel, maxMessageBytes: limits.maxMessageBytes });
  return app;

  function refuse(reply: FastifyReply, refusal: Refusal): FastifyReply {
    metrics.refused(refusal.code);
    const { status, headers, body } = answerRefusal(refusal);
    return reply.code(status).headers(headers).send(body);
  }
}

/** @param timeoutMs time for a client to take an answer, which is held in memory meanwhile */
function addToAnswers(app: FastifyInstance, timeoutMs: number): void {
  app.addHook("onSend", async (_request, reply) => {
    reply.header("x-content-type-options", "nosniff");
    // Nobody is left to take it, nor is it told again that it is closed.
    if (reply.raw.destroyed) return;
    const late = setTimeout(() => reply.raw.destroy(), timeoutMs);
    reply.raw.once("close", () => clearTimeout(late));
  });
}

/** Before anything else is done for a request. */
function addTurns(app: FastifyInstance, sockets: HttpSockets): void {
  app.addHook("onRequest", async (request, reply) => {
    await untilTurn(request.raw, reply.raw, sockets);
  });
}

function addHealth(app: FastifyInstance, { broker, isStopping }: HttpOptions): void {
  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    if (isStopping()) return reply.code(503).send({ status: "stopping" });
    // The reason names the broker's address, which is nobody's business out here; it is in the log.
    if (broker.link.state === "down") return reply.code(503).send({ status: "broker unavailable" });
    return { status: "ready" };
  });
}

// An error of Fastify's own says by its status whose fault it is; one without a status is a bug of ours. Its words
// are not passed on: they can repeat what was asked, and that can hold a token.
function refusalOf({ statusCode = 500 }: FastifyError): Refusal {
  const code = CODE_OF_STATUS.get(statusCode);
  if (code === "unsupported_media_type") return { code, message: 'Send "content-type: application/json".' };
  if (code) return { code, message: `${STATUS_CODES[statusCode]}.` };
  return statusCode < 500
    ? { code: "bad_request", message: "The request, or the JSON in its body, can't be understood." }
    : { code: "internal", message: "The gateway failed; it is logged there." };
}

// An upgrade to something else, such as h2c, is an offer that may be passed over: the request is answered as it is.
function isWebSocketUpgrade({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === "websocket";
}
