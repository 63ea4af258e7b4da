import { describe, expect, test } from "vitest";
import {
  channelFault,
  CLOSE_CODES,
  decodeAnswer,
  decodeRequest,
  encode,
  ERROR_CODES,
  matchesPattern,
  patternFault,
  PatternMap,
} from "../src/index.ts";
import { ANSWERS, CHANNELS, CLOSES, PATTERNS, REQUESTS } from "./vectors.ts";

const REQUEST_TYPES = [
  "connect",
  "refresh",
  "subscribe",
  "unsubscribe",
  "publish",
  "history",
  "presence",
  "update",
  "ping",
];
const ANSWER_TYPES = [
  "connected",
  "refreshed",
  "subscribed",
  "unsubscribed",
  "published",
  "page",
  "present",
  "updated",
  "pong",
  "error",
];
const PUSH_TYPES = ["message", "gap", "members", "presence", "removed", "expiring", "leaving"];

describe("the vectors", () => {
  test.each(CHANNELS)("channel: $name", ({ channel, valid }) => {
    expect(channelFault(channel) === undefined).toBe(valid);
  });

  test.each(PATTERNS)("pattern: $name", ({ patterns, channel, wins }) => {
    expect(patterns.map(patternFault)).toEqual(patterns.map(() => undefined));
    const map = new PatternMap(patterns.map((pattern) => [pattern, pattern]));
    expect(map.get(channel) ?? null).toBe(wins);
    expect(patterns.some((pattern) => matchesPattern(pattern, channel))).toBe(wins !== null);
  });

  test.each(REQUESTS)("request: $name", ({ line, request, error, close }) => {
    const { malformed } = CLOSE_CODES;
    const kinds = { request: { kind: "request", request }, error: { kind: "fault", ...error } };
    const expected = request ? kinds.request : error ? kinds.error : { kind: "malformed" };
    expect(decodeRequest(line)).toMatchObject(expected);
    expect(close).toBe(request || error ? undefined : malformed.code);
  });

  test.each(ANSWERS)("answer: $name", ({ line, kind, message }) => {
    expect(decodeAnswer(line)).toEqual(message ? { kind, answer: message } : { kind });
    // What the gateway writes is what the vector says, letter by letter.
    expect(message ? encode(message) : line).toBe(line);
  });

  test.each(CLOSES)("close: $name", ({ name, code, reconnect }) => {
    const known = (CLOSE_CODES as Readonly<Record<string, { code: number; reconnect: boolean }>>)[name];
    const rule = code < 4_000 ? code !== 1_000 : code < 4_500;
    expect(known ? [known.code, known.reconnect] : [code, rule]).toEqual([code, reconnect]);
  });

  test("show every message, every error code and every close code", () => {
    const types = ANSWERS.flatMap(({ message }) => message?.type ?? []);
    expect(new Set(types)).toEqual(new Set([...ANSWER_TYPES, ...PUSH_TYPES]));
    const requestTypes = REQUESTS.flatMap(({ request }) => request?.type ?? []);
    expect(new Set(requestTypes)).toEqual(new Set(REQUEST_TYPES));
    const codes = ANSWERS.flatMap(({ message }) => (message?.type === "error" ? message.code : []));
    expect(codes).toEqual(Object.keys(ERROR_CODES));
    const closes = new Set(CLOSES.map(({ name }) => name));
    expect(Object.keys(CLOSE_CODES).filter((name) => !closes.has(name))).toEqual([]);
  });

  test("give errors the retry of the table", () => {
    const errors = ANSWERS.flatMap(({ message }) => (message?.type === "error" ? [message] : []));
    expect(errors.map(({ retry }) => retry)).toEqual(errors.map(({ code }) => ERROR_CODES[code].retry));
  });
});
