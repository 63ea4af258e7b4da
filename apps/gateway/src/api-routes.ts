/** The server API under `/api/v1`: what servers may ask of any gateway. */
import type { Broker } from "@tidewire/broker";
import type { Refusal } from "@tidewire/protocol";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { Scope } from "./api-keys.ts";
import { accept, type PublishOptions, publishAll, schemaFor } from "./api-publish.ts";
import { addSecurityRoutes } from "./api-security.ts";
import type { Limits } from "./limits.ts";
import { addRegistryRoutes } from "./api-registry.ts";
import { openApi } from "./open-api.ts";
import type { Publish } from "./publish.ts";
import type { Registry } from "./registry.ts";
import { bodyRefusal } from "./zod-fault.ts";

export interface ApiOptions {
  readonly broker: Broker;
  readonly publish: Publish;
  readonly registry: Registry;
  readonly limits: Limits;
  /** How far the clocks of those who issue tokens may differ. */
  readonly clockToleranceMs: number;
  /** Answers a request with a refusal. */
  readonly refuse: (reply: FastifyReply, refusal: Refusal) => FastifyReply;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** What a key must be good for. */
    scope?: Scope;
  }
}

export function addApiRoutes(api: FastifyInstance, options: ApiOptions): void {
  addPublishRoute(api, options);
  addSecurityRoutes(api, options);
  addRegistryRoutes(api, options);
  api.get("/api/v1/openapi.json", { config: { scope: "read" } }, async () => openApi());
}

function addPublishRoute(api: FastifyInstance, { publish, limits, refuse }: ApiOptions): void {
  const publishing: PublishOptions = { publish, maxMessageBytes: limits.maxMessageBytes };
  api.post("/api/v1/publish", { config: { scope: "publish" } }, async (request, reply) => {
    const schema = schemaFor(request.body);
    const parsed = schema.safeParse(request.body);
    if (!parsed.success) return refuse(reply, bodyRefusal(parsed.error, schema));
    const { data } = parsed;
    const accepted = accept("messages" in data ? data.messages : [data], publishing);
    if ("code" in accepted) return refuse(reply, accepted);
    const results = await publishAll(accepted, publishing);
    const [first] = results;
    // One publication that failed is an answer of its own; of many, each tells its own.
    if (results.length === 1 && first && "error" in first) return refuse(reply, first.error);
    return { results };
  });
}
