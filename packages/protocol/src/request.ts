/**
 * Reads what a v1 client sends.
 *
 * Invariant: whatever the text is, decoding ends with a value. Fields that are not known are passed over, so that newer
 * clients can say more.
 */
import { channelFault } from "./channel.ts";
import type { ErrorCode } from "./error-codes.ts";
import { dataFault, type Fields, infoFault, isFields, isId } from "./guards.ts";
import {
  MAX_AFTER_LENGTH,
  MAX_HISTORY_LIMIT,
  MAX_KEY_LENGTH,
  MAX_MESSAGES_PER_FRAME,
  MAX_POSITION_LENGTH,
  MAX_PRESENCE_LIMIT,
  MAX_TOKEN_LENGTH,
} from "./limits.ts";
import type { Info, Json, Request } from "./messages.ts";

export type RequestResult =
  | { readonly kind: "request"; readonly request: Request }
  /** It can be answered, since it has an id. */
  | { readonly kind: "fault"; readonly id: number; readonly code: ErrorCode; readonly message: string }
  /** It can't be answered: no JSON object, or no id. */
  | { readonly kind: "malformed" };

/** The lines of a frame, without blank ones; `undefined` when it has more than {@link MAX_MESSAGES_PER_FRAME}. */
export function splitFrame(frame: string): readonly string[] | undefined {
  const lines = frame.split("\n", MAX_MESSAGES_PER_FRAME + 2);
  // A line break at the end begins no further line.
  if (lines.at(-1) === "") lines.pop();
  return lines.length > MAX_MESSAGES_PER_FRAME ? undefined : lines.filter((line) => line.trim() !== "");
}

/** One request from one line. */
export function decodeRequest(line: string): RequestResult {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return { kind: "malformed" };
  }
  if (!isFields(fields) || !isId(fields["id"])) return { kind: "malformed" };
  return readRequest(fields["id"], fields);
}

function readRequest(id: number, fields: Fields): RequestResult {
  const { type } = fields;
  switch (type) {
    case "ping":
      return { kind: "request", request: { type, id } };
    case "connect":
      return fields["token"] === undefined
        ? { kind: "request", request: { type, id } }
        : withToken(id, fields, (token) => ({ kind: "request", request: { type, id, token } }));
    case "refresh":
      return withToken(id, fields, (token) => ({ kind: "request", request: { type, id, token } }));
    case "subscribe":
      return readSubscribe(id, fields);
    case "publish":
      return readPublish(id, fields);
    case "history":
      return readHistory(id, fields);
    case "presence":
      return readPresence(id, fields);
    case "update":
      return readUpdate(id, fields);
    case "unsubscribe":
      return withChannel(id, fields, (channel) => ({ kind: "request", request: { type, id, channel } }));
    default:
      return typeof type === "string"
        ? { kind: "fault", id, code: "unknown_type", message: "There is no request of this type." }
        : badRequest(id, "type must be a text.");
  }
}

function readSubscribe(id: number, fields: Fields): RequestResult {
  const { echo, since, last, presence, info } = fields;
  if (echo !== undefined && typeof echo !== "boolean") return badRequest(id, "echo must be true or false.");
  if (since !== undefined && !isPosition(since)) return badRequest(id, `since ${POSITION_RULE}`);
  if (last !== undefined && !isCount(last, 0, MAX_HISTORY_LIMIT)) {
    return badRequest(id, `last ${countRule(0, MAX_HISTORY_LIMIT)}`);
  }
  if (since !== undefined && last !== undefined) return badRequest(id, "Give since or last, not both.");
  if (presence !== undefined && typeof presence !== "boolean") {
    return badRequest(id, "presence must be true or false.");
  }
  const fault = info === undefined ? undefined : infoFault(info);
  if (fault) return { kind: "fault", id, ...fault };
  const where = { ...(since !== undefined && { since }), ...(last !== undefined && { last }) };
  const who = {
    ...(presence !== undefined && { presence }),
    ...(info !== undefined && { info: info as Info }),
  };
  return withChannel(id, fields, (channel) => ({
    kind: "request",
    request: { type: "subscribe", id, channel, ...(echo !== undefined && { echo }), ...where, ...who },
  }));
}

function readPresence(id: number, fields: Fields): RequestResult {
  const { after, limit } = fields;
  if (after !== undefined && !isAfter(after)) {
    return badRequest(id, `after must be a text of 1 to ${MAX_AFTER_LENGTH} characters.`);
  }
  if (limit !== undefined && !isCount(limit, 0, MAX_PRESENCE_LIMIT)) {
    return badRequest(id, `limit ${countRule(0, MAX_PRESENCE_LIMIT)}`);
  }
  const where = { ...(after !== undefined && { after }), ...(limit !== undefined && { limit }) };
  return withChannel(id, fields, (channel) => ({
    kind: "request",
    request: { type: "presence", id, channel, ...where },
  }));
}

function readUpdate(id: number, fields: Fields): RequestResult {
  const { info } = fields;
  const fault = infoFault(info);
  if (fault) return { kind: "fault", id, ...fault };
  return withChannel(id, fields, (channel) => ({
    kind: "request",
    request: { type: "update", id, channel, info: info as Info },
  }));
}

function readHistory(id: number, fields: Fields): RequestResult {
  const { since, before, limit } = fields;
  if (since !== undefined && !isPosition(since)) return badRequest(id, `since ${POSITION_RULE}`);
  if (before !== undefined && !isPosition(before)) return badRequest(id, `before ${POSITION_RULE}`);
  if (since !== undefined && before !== undefined) return badRequest(id, "Give since or before, not both.");
  if (limit !== undefined && !isCount(limit, 1, MAX_HISTORY_LIMIT)) {
    return badRequest(id, `limit ${countRule(1, MAX_HISTORY_LIMIT)}`);
  }
  const where = { ...(since !== undefined && { since }), ...(before !== undefined && { before }) };
  return withChannel(id, fields, (channel) => ({
    kind: "request",
    request: { type: "history", id, channel, ...where, ...(limit !== undefined && { limit }) },
  }));
}

function readPublish(id: number, fields: Fields): RequestResult {
  const { data, key } = fields;
  if (key !== undefined && !isKey(key)) {
    return badRequest(id, `key must be a text of 1 to ${MAX_KEY_LENGTH} visible ASCII characters.`);
  }
  const fault = dataFault(data);
  if (fault) return badRequest(id, fault);
  return withChannel(id, fields, (channel) => ({
    kind: "request",
    request: { type: "publish", id, channel, data: data as Json, ...(key !== undefined && { key }) },
  }));
}

const POSITION_RULE = `must be a text of 1 to ${MAX_POSITION_LENGTH} visible ASCII characters.`;
const countRule = (least: number, most: number) => `must be a whole number from ${least} to ${most}.`;

function isPosition(value: unknown): value is string {
  return typeof value === "string" && /^[!-~]+$/.test(value) && value.length <= MAX_POSITION_LENGTH;
}

function isCount(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function isAfter(value: unknown): value is string {
  const isText = typeof value === "string" && value.isWellFormed();
  return isText && value.length > 0 && value.length <= MAX_AFTER_LENGTH;
}

function isKey(value: unknown): value is string {
  return typeof value === "string" && /^[!-~]+$/.test(value) && value.length <= MAX_KEY_LENGTH;
}

function withToken(id: number, { token }: Fields, build: (token: string) => RequestResult): RequestResult {
  const isSound = typeof token === "string" && token.length > 0 && token.length <= MAX_TOKEN_LENGTH;
  return isSound
    ? build(token)
    : badRequest(id, `token must be a text of 1 to ${MAX_TOKEN_LENGTH} characters.`);
}

function withChannel(
  id: number,
  { channel }: Fields,
  build: (channel: string) => RequestResult,
): RequestResult {
  if (typeof channel !== "string") return badRequest(id, "channel must be a text.");
  const fault = channelFault(channel);
  return fault ? { kind: "fault", id, code: "invalid_channel", message: fault } : build(channel);
}

function badRequest(id: number, message: string): RequestResult {
  return { kind: "fault", id, code: "bad_request", message };
}
