/**
 * Writes and reads what a gateway says in v1.
 *
 * Invariant: a client passes over what it does not know, types and fields, so that newer gateways can say more.
 */
import { ERROR_CODES, type ErrorCode } from "./error-codes.ts";
import { type Fields, isFields, isId } from "./guards.ts";
import type { ErrorReply, KeptMessage, Message, Push, Reply } from "./messages.ts";

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
  const shape = SHAPES.get(fields["type"]);
  if (!shape) return { kind: "unknown" };
  if (!hasShape(fields, shape)) return { kind: "malformed" };
  return { kind: "answer", answer: fields as unknown as Reply | Push };
}

type Check = (value: unknown, fields: Fields) => boolean;
/** For each field that a client relies on, whether it is what it must be. */
type Shape = Readonly<Record<string, Check>>;

const isText = (value: unknown) => typeof value === "string";
const isNumber = (value: unknown) => typeof value === "number";
const isFlag = (value: unknown) => typeof value === "boolean";
const optional = (check: (value: unknown) => boolean) => (value: unknown) =>
  value === undefined || check(value);
const listOf = (shape: Shape) => (value: unknown) =>
  Array.isArray(value) && value.every((item) => isFields(item) && hasShape(item, shape));

function hasShape(fields: Fields, shape: Shape): boolean {
  return Object.entries(shape).every(([name, check]) => check(fields[name], fields));
}

const MESSAGE = {
  time: isNumber,
  sender: optional(isText),
  position: optional(isText),
  data: (data, { base64 }) => (data === undefined) === isText(base64),
} satisfies Shape;

/** Exactly one of a user and a connection. */
const MEMBER = {
  user: (user, { connection }) =>
    isText(user) ? connection === undefined : user === undefined && isText(connection),
  info: optional(isFields),
} satisfies Shape;
const areMembers = listOf(MEMBER);

const SHAPES = new Map<string, Shape>(
  Object.entries({
    connected: {
      id: isId,
      connection: isText,
      gateway: isText,
      maxMessageBytes: isNumber,
      maxFrameBytes: isNumber,
      heartbeatIntervalMs: isNumber,
      idempotencyWindowMs: isNumber,
    },
    refreshed: { id: isId, expiresInMs: isNumber },
    subscribed: {
      id: isId,
      channel: isText,
      resumable: isFlag,
      position: optional(isText),
      complete: optional(isFlag),
      last: optional(isNumber),
    },
    unsubscribed: { id: isId, channel: isText },
    published: { id: isId, duplicate: isFlag, position: optional(isText) },
    page: {
      id: isId,
      channel: isText,
      messages: listOf({ ...MESSAGE, position: isText }),
      complete: isFlag,
      more: isFlag,
      position: isText,
    },
    present: {
      id: isId,
      channel: isText,
      members: areMembers,
      total: isNumber,
      next: optional(isText),
      complete: isFlag,
    },
    updated: { id: isId, channel: isText },
    pong: { id: isId },
    error: { id: isId, code: isText, message: isText, retry: isFlag },
    message: { channel: isText, ...MESSAGE },
    gap: { channel: isText, position: optional(isText) },
    members: {
      channel: isText,
      members: areMembers,
      total: isNumber,
      complete: optional((value) => value === false),
    },
    presence: {
      channel: isText,
      joined: optional(areMembers),
      left: optional(areMembers),
      updated: optional(areMembers),
      total: isNumber,
    },
    removed: { channel: isText, code: isText, message: isText },
    expiring: { expiresInMs: isNumber },
    leaving: { reconnectMs: isNumber },
  } satisfies Record<(Reply | Push)["type"], Shape>),
);
