/** Where messages go: a Redis, a gateway, or the first of the two that reaches somebody. */
import { isUtf8 } from "node:buffer";
import { describeRedis, openRedisWriter, type RedisTarget } from "@tidewire/broker";
import {
  authorizationOf,
  causeOf,
  endpointOf,
  GATEWAY_TIMEOUT_MS,
  NOBODY_LISTENS,
  refusalOf,
} from "./gateway.ts";
import type { Destination, Plan } from "./plan.ts";

/** What became of one message: how many receivers it had, or where it is in a stream. */
export type Outcome =
  | { readonly ok: true; readonly via: string; readonly receivers: number }
  | { readonly ok: true; readonly via: string; readonly id: string }
  | { readonly ok: true; readonly via: string; readonly position: string }
  | Refused;

export interface Refused {
  readonly ok: false;
  readonly reason: string;
  /** Whether nobody answered, as opposed to somebody who said no. */
  readonly isAbsent: boolean;
}

export interface Outlet {
  readonly send: (payload: Buffer) => Promise<Outcome>;
  readonly close: () => void;
}

export type OutletResult = { readonly ok: true; readonly outlet: Outlet } | Refused;

export async function openOutlet(plan: Plan): Promise<OutletResult> {
  switch (plan.destination.kind) {
    case "redis":
      return openRedis(plan, plan.destination.target);
    case "gateway":
      return { ok: true, outlet: gatewayOutlet(plan, plan.destination.url) };
    case "search":
      return search(plan, plan.destination);
    default:
      return plan.destination satisfies never;
  }
}

async function openRedis({ channel, isStream, prefix }: Plan, target: RedisTarget): Promise<OutletResult> {
  const opened = await openRedisWriter({ target, prefix });
  if (!opened.ok) return refused(opened.error.message, opened.error.code === "unavailable");
  const writer = opened.value;
  const via = describeRedis(target);
  // Asked once, and not before each of many messages.
  let isKept: boolean | undefined;
  const send = async (payload: Buffer): Promise<Outcome> => {
    if (isStream) {
      const result = await writer.append(channel, payload);
      return result.ok ? { ok: true, via, id: result.value } : refused(result.error.message);
    }
    isKept ??= await writer.isStream(channel);
    if (isKept) {
      return refused(
        `${via}: gateways read ${channel} from its stream, and give nobody what is only published; say --stream`,
      );
    }
    const result = await writer.publish(channel, payload);
    return result.ok ? { ok: true, via, receivers: result.value } : refused(result.error.message);
  };
  return { ok: true, outlet: { send, close: () => writer.close() } };
}

function gatewayOutlet({ channel, apiKey }: Plan, url: URL): Outlet {
  const endpoint = endpointOf(url, "message");
  const headers = { "content-type": "application/json", ...authorizationOf({ apiKey }) };
  const send = async (payload: Buffer): Promise<Outcome> => {
    if (!isUtf8(payload)) return refused("a gateway takes text only, and this is not UTF-8");
    const body = JSON.stringify({ channel, message: payload.toString() });
    try {
      const signal = AbortSignal.timeout(GATEWAY_TIMEOUT_MS);
      const response = await fetch(endpoint, { method: "POST", headers, body, signal });
      const answer: unknown = await response.json().catch(() => undefined);
      return outcomeOf(response.status, answer, url.origin);
    } catch (error) {
      const cause = causeOf(error);
      return refused(`${url.origin}: ${cause}`, cause === NOBODY_LISTENS);
    }
  };
  return { send, close: () => {} };
}

async function search(plan: Plan, places: Extract<Destination, { kind: "search" }>): Promise<OutletResult> {
  const gateway = gatewayOutlet(plan, places.gateway);
  const redis = await openRedis(plan, places.redis);
  if (!redis.ok) {
    if (plan.isStream || plan.prefix !== "" || !redis.isAbsent) return redis;
    const send = async (payload: Buffer): Promise<Outcome> => {
      const outcome = await gateway.send(payload);
      if (outcome.ok) return outcome;
      return refused(`${redis.reason}; ${outcome.reason}. Say where with --redis URL or --gateway URL`);
    };
    return { ok: true, outlet: { send, close: () => {} } };
  }
  const send = async (payload: Buffer): Promise<Outcome> => {
    const outcome = await redis.outlet.send(payload);
    if (!outcome.ok || !("receivers" in outcome) || outcome.receivers > 0) return outcome;
    // A gateway knows nothing of the prefix that was asked for: it could be another deployment's.
    if (plan.prefix !== "") return outcome;
    const second = await gateway.send(payload);
    return second.ok || !second.isAbsent ? second : outcome;
  };
  return { ok: true, outlet: { send, close: redis.outlet.close } };
}

function outcomeOf(status: number, body: unknown, via: string): Outcome {
  const { receivers, position } = (body ?? {}) as { receivers?: unknown; position?: unknown };
  if (status === 200 && typeof receivers === "number") return { ok: true, via, receivers };
  if (status === 200 && typeof position === "string") return { ok: true, via, position };
  return refused(`${via}: ${refusalOf(body, status)}`);
}

function refused(reason: string, isAbsent = false): Refused {
  return { ok: false, reason, isAbsent };
}
