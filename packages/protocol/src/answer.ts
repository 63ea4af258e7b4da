/**
 * Writes and reads what a gateway says in v1.
 *
 * Invariant: a client passes over what it does not know, types and fields, so that newer gateways can say more.
 */
import { ERROR_CODES, type ErrorCode } from "./error-codes.ts";
import { type Fields, isFields, isId } from "./guards.ts";
import type { Connected, ErrorReply, KeptMessage, Message, Push, Reply } from "./messages.ts";

/** One line for one message, without the line break. */
export function encode(message: Reply | Push): string {
  return JSON.stringify(message);
}

/** A message without what was published. */
export type MessageHead = Omit<Message, "data" | "base64"> | Omit<KeptMessage, "data" | "base64">;

/** A publication of which the data is JSON text already: one object or array, text or number, without line breaks. */
export function encodeMessage(message: MessageHead, dataJson: string): string {
  return `${JSON.stringify(message).slice(0, -1)},"data":${dataJson}}`;
}

export function errorReply(id: number, code: ErrorCode, message: string): ErrorReply {
  return { type: "error", id, code, message, retry: ERROR_CODES[code].retry };
}

export type AnswerResult =
  | { readonly kind: "answer"; readonly answer: Reply | Push }
  /** From a newer gateway: pass it over. */
  | { readonly kind: "unknown" }
  /** Not of this protocol. */
  | { readonly kind: "malformed" };

/** What one line of a gateway says. */
export function decodeAnswer(line: string): AnswerResult {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return { kind: "malformed" };
  }
  if (!isFields(fields) || typeof fields["type"] !== "string") return { kind: "malformed" };
  const isComplete = COMPLETE.get(fields["type"]);
  if (!isComplete) return { kind: "unknown" };
  if (!isComplete(fields)) return { kind: "malformed" };
  return { kind: "answer", answer: fields as unknown as Reply | Push };
}

const isText = (value: unknown) => typeof value === "string";
const isNumber = (value: unknown) => typeof value === "number";
const isFlag = (value: unknown) => typeof value === "boolean";
const isTextOrAbsent = (value: unknown) => value === undefined || isText(value);

function isMessage({ time, sender, position, data, base64 }: Fields): boolean {
  const isWhole = isNumber(time) && isTextOrAbsent(sender) && isTextOrAbsent(position);
  return isWhole && (data === undefined) === isText(base64);
}

const CONNECTED_LIMITS = [
  "maxMessageBytes",
  "maxFrameBytes",
  "heartbeatIntervalMs",
  "idempotencyWindowMs",
] as const satisfies (keyof Connected)[];

/** For each type, whether all the fields that a client relies on are there. */
const COMPLETE = new Map<string, (fields: Fields) => boolean>(
  Object.entries({
    connected: ({ id, connection, gateway, ...limits }) =>
      isId(id) &&
      isText(connection) &&
      isText(gateway) &&
      CONNECTED_LIMITS.every((name) => isNumber(limits[name])),
    refreshed: ({ id, expiresInMs }) => isId(id) && isNumber(expiresInMs),
    subscribed: ({ id, channel, resumable, position, complete, last }) =>
      isId(id) &&
      isText(channel) &&
      isFlag(resumable) &&
      isTextOrAbsent(position) &&
      (complete === undefined || isFlag(complete)) &&
      (last === undefined || isNumber(last)),
    unsubscribed: ({ id, channel }) => isId(id) && isText(channel),
    published: ({ id, duplicate, position }) => isId(id) && isFlag(duplicate) && isTextOrAbsent(position),
    page: ({ id, channel, messages, complete, more, position }) =>
      isId(id) &&
      isText(channel) &&
      Array.isArray(messages) &&
      messages.every((message) => isFields(message) && isText(message["position"]) && isMessage(message)) &&
      isFlag(complete) &&
      isFlag(more) &&
      isText(position),
    pong: ({ id }) => isId(id),
    error: ({ id, code, message, retry }) => isId(id) && isText(code) && isText(message) && isFlag(retry),
    message: (fields) => isText(fields["channel"]) && isMessage(fields),
    gap: ({ channel, position }) => isText(channel) && isTextOrAbsent(position),
    removed: ({ channel, code, message }) => isText(channel) && isText(code) && isText(message),
    expiring: ({ expiresInMs }) => isNumber(expiresInMs),
    leaving: ({ reconnectMs }) => isNumber(reconnectMs),
  } satisfies Record<(Reply | Push)["type"], (fields: Fields) => boolean>),
);
