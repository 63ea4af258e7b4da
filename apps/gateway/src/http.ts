/** The HTTP side: health, metrics, the server API and the page, each refusal as JSON. */
import type { Broker } from "@tidewire/broker";
import { ERROR_CODES, type ErrorCode, errorBody, type Refusal } from "@tidewire/protocol";
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from "fastify";
import { type AccessRules, refuseApiCall } from "./access.ts";
import type { Limits } from "./limits.ts";
import type { Log } from "./log.ts";
import { addMessageRoute } from "./message-route.ts";
import type { Metrics } from "./metrics.ts";
import { addPage } from "./page.ts";

/** Time for a whole request to arrive, in milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000;
/** JSON writes one byte of a message as six at the most (`\u0000`); the rest of the body is small. */
const JSON_EXPANSION = 6;
const JSON_OVERHEAD_BYTES = 4_096;

export interface HttpOptions {
  readonly broker: Broker;
  readonly access: AccessRules;
  readonly limits: Limits;
  readonly defaultChannel: string;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly isDraining: () => boolean;
}

export async function createHttp(options: HttpOptions): Promise<FastifyInstance> {
  const { limits, metrics, log } = options;
  const app = Fastify({
    bodyLimit: limits.maxMessageBytes * JSON_EXPANSION + JSON_OVERHEAD_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
  });
  // Anything but JSON is refused, so that no form of a foreign page is ever read.
  app.removeContentTypeParser("text/plain");
  app.setNotFoundHandler((_request, reply) =>
    refuse(reply, { code: "not_found", message: "There is nothing here." }),
  );
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const refusal = refusalOf(error);
    if (refusal.code === "internal") log.error({ err: error }, "a request failed");
    return refuse(reply, refusal);
  });
  app.addHook("onSend", async (_request, reply) => {
    reply.header("x-content-type-options", "nosniff");
  });

  addHealth(app, options);
  app.get("/metrics", async (_request, reply) => {
    return reply.type(metrics.contentType).send(await metrics.text());
  });
  await app.register(async (api) => {
    api.addHook("onRequest", async (request, reply) => {
      const caller = { headers: request.headers, address: request.socket.remoteAddress };
      const refusal = refuseApiCall(caller, options.access);
      return refusal && refuse(reply, refusal);
    });
    addMessageRoute(api, options.broker, limits.maxMessageBytes, refuse);
  });
  await addPage(app, options.defaultChannel);
  return app;

  function refuse(reply: FastifyReply, refusal: Refusal): FastifyReply {
    metrics.refused(refusal.code);
    const { status, retry } = ERROR_CODES[refusal.code];
    if (retry) reply.header("retry-after", "1");
    return reply.code(status).send(errorBody(refusal));
  }
}

function addHealth(app: FastifyInstance, { broker, isDraining }: HttpOptions): void {
  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    if (isDraining()) return reply.code(503).send({ status: "stopping" });
    // The reason names the broker's address, which is nobody's business out here; it is in the log.
    if (broker.link.state === "down") return reply.code(503).send({ status: "broker unavailable" });
    return { status: "ready" };
  });
}

// Fastify's own errors carry the status that fits; all else is a bug of ours.
function refusalOf(error: FastifyError): Refusal {
  const entry = Object.entries(ERROR_CODES).find(([, { status }]) => status === error.statusCode);
  const code = (entry?.[0] ?? "internal") as ErrorCode;
  if (code === "internal") return { code, message: "The gateway failed; it is logged there." };
  if (code === "bad_request") return { code, message: "The body must be JSON." };
  return { code, message: `${error.message}.` };
}
