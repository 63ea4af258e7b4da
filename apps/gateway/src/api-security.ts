/** Ending connections and tokens on all gateways, by the server API. */
import type { Result } from "@tidewire/broker";
import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import type { ApiOptions } from "./api-routes.ts";
import { brokerRefusal } from "./broker-refusal.ts";
import type { SecurityNotice } from "./revocations.ts";
import { bodyRefusal } from "./zod-fault.ts";

/** For how long gateways that were away are told of a `disconnect`, in milliseconds: connections of then are gone. */
const DISCONNECT_FOR_MS = 60_000;

const UserId = z.union([z.string().min(1), z.int()]).describe("The claim sub of the user's tokens.");

export const DisconnectRequest = z.strictObject({ user: UserId });

export const RevokeRequest = z
  .strictObject({
    user: UserId.optional(),
    tokenId: z.string().min(1).optional().describe("The claim jti of one token."),
  })
  .refine(({ user, tokenId }) => (user === undefined) !== (tokenId === undefined), {
    message: "must name exactly one of user and tokenId",
  });

export function addSecurityRoutes(
  api: FastifyInstance,
  { broker, limits, clockToleranceMs, refuse, now }: ApiOptions,
): void {
  const config = { scope: "admin" } as const;
  const tell = async (reply: FastifyReply, notice: SecurityNotice, forMs: number) => {
    const result: Result<void> = await broker.post({ text: JSON.stringify(notice), forMs });
    return result.ok ? {} : refuse(reply, brokerRefusal(result.error));
  };
  api.post("/api/v1/disconnect", { config }, async (request, reply) => {
    const parsed = DisconnectRequest.safeParse(request.body);
    if (!parsed.success) return refuse(reply, bodyRefusal(parsed.error, DisconnectRequest));
    const notice = { kind: "disconnect", user: String(parsed.data.user), connectedUntilMs: now() } as const;
    return tell(reply, notice, DISCONNECT_FOR_MS);
  });
  api.post("/api/v1/revoke", { config }, async (request, reply) => {
    const parsed = RevokeRequest.safeParse(request.body);
    if (!parsed.success) return refuse(reply, bodyRefusal(parsed.error, RevokeRequest));
    const { user, tokenId } = parsed.data;
    // As long as the longest token that was issued by a clock that is as far ahead as may be.
    const forMs = limits.maxTokenLifetimeMs + 2 * clockToleranceMs;
    const [issuedUntilMs, untilMs] = [now() + clockToleranceMs, now() + forMs];
    if (tokenId !== undefined) return tell(reply, { kind: "revoke-token", tokenId, untilMs }, forMs);
    return tell(reply, { kind: "revoke-user", user: String(user), issuedUntilMs, untilMs }, forMs);
  });
}
