/** Follows a channel over any number of connections: on a stream channel every message once, in order, or a gap. */
import { setTimeout as wait } from "node:timers/promises";
import { type Item, openEventStream } from "./event-stream.ts";
import { type Failure, type Gateway, GATEWAY_TIMEOUT_MS, type Question } from "./gateway.ts";
import { type Message, messageOf } from "./message.ts";
import { isPosition } from "./reading.ts";
import { reconnectDelayMs } from "./reconnect-delay.ts";

export interface FollowRequest {
  readonly gateway: Gateway;
  readonly channel: string;
  /** The position behind which to begin. Not together with `last`. @default now */
  readonly since?: string | undefined;
  /** How many of the newest come first. */
  readonly last?: number | undefined;
}

export interface FollowSettings {
  /** Ends it. */
  readonly stop: AbortSignal;
  /** How long nothing may come, heartbeats included, before a connection counts as dead. */
  readonly silenceMs: number;
  /** A number from 0 up to 1. */
  readonly random: () => number;
}

export type News =
  | { readonly kind: "message"; readonly message: Message }
  /** Messages before this may be missing. */
  | { readonly kind: "gap" }
  /** The gateway is away; it is tried again and again. */
  | { readonly kind: "lost"; readonly reason: string }
  /** `isKept`: whether reading goes on where it was, as on a stream channel. */
  | { readonly kind: "back"; readonly isKept: boolean }
  /** Nothing comes after this. */
  | { readonly kind: "failed"; readonly reason: string };

/** How long a gateway that was there before may take to answer. It may be busy with everybody's return. */
const RETURN_TIMEOUT_MS = 10_000;

export async function* follow(request: FollowRequest, settings: FollowSettings): AsyncGenerator<News, void> {
  const { stop, random } = settings;
  const cursor = new Cursor(request, settings);
  let failed = 0;
  let isLost = false;
  for (;;) {
    const opened = await cursor.open();
    if (stop.aborted) return;
    if (opened.ok && isLost) yield { kind: "back", isKept: cursor.isKept };
    const end = opened.ok ? yield* cursor.read(opened.items) : opened;
    if (stop.aborted) return;
    if (end.isFinal || !cursor.hasAnswered) {
      yield { kind: "failed", reason: end.reason };
      return;
    }
    if (opened.ok) failed = 0;
    if (opened.ok || !isLost) yield { kind: "lost", reason: end.reason };
    isLost = true;
    const delayMs = reconnectDelayMs({ failed, askedMs: end.retryAfterMs }, random);
    await wait(delayMs, undefined, { signal: stop }).catch(() => {});
    if (stop.aborted) return;
    failed += 1;
  }
}

/** Where reading is, and the requests that go on from there. */
class Cursor {
  readonly #request: FollowRequest;
  readonly #settings: FollowSettings;
  #position: string | undefined;
  #hasAnswered = false;
  #hasOpened = false;

  constructor(request: FollowRequest, settings: FollowSettings) {
    this.#request = request;
    this.#settings = settings;
    this.#position = request.since;
  }

  /** Whether a connection goes on where the one before it ended: a stream channel tells where it is, first of all. */
  get isKept(): boolean {
    return this.#position !== undefined;
  }

  /** Whether there ever was a gateway. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  async open(): Promise<{ readonly ok: true; readonly items: AsyncGenerator<Item, void> } | Failure> {
    const { gateway } = this.#request;
    const { stop, silenceMs } = this.#settings;
    const lifeline = new AbortController();
    stop.addEventListener("abort", () => lifeline.abort(stop.reason), { signal: lifeline.signal });
    const timeoutMs = this.#hasAnswered ? RETURN_TIMEOUT_MS : GATEWAY_TIMEOUT_MS;
    const late = () => lifeline.abort(new Error(`no answer within ${timeoutMs} ms`));
    const timer = setTimeout(late, timeoutMs);
    const opened = await openEventStream(gateway, this.#question(), lifeline, silenceMs);
    clearTimeout(timer);
    if (opened.ok) this.#hasOpened = true;
    else lifeline.abort();
    if (opened.ok || opened.status !== undefined) this.#hasAnswered = true;
    return opened;
  }

  #question(): Pick<Question, "query" | "headers"> {
    const { channel, last } = this.#request;
    const position = this.#position;
    if (position === undefined) return { query: { channel, last: last || undefined } };
    if (!this.#hasOpened) return { query: { channel, since: position } };
    return { query: { channel }, headers: { "last-event-id": position } };
  }

  /** Gives what comes on a connection until it ends, and says why it did; remembers where reading goes on. */
  async *read(items: AsyncIterable<Item>): AsyncGenerator<News, Failure> {
    const { origin } = this.#request.gateway.url;
    let askedMs: number | undefined;
    for await (const item of items) {
      if (item.kind === "id" && isPosition(item.id)) this.#position = item.id;
      if (item.kind === "retry") askedMs = item.ms;
      if (item.kind === "event") {
        const { event, data } = item;
        if (event === "message") yield messageNews(Buffer.from(data), item.id);
        if (event === "base64") yield messageNews(Buffer.from(data, "base64"), item.id);
        if (event === "gap") yield { kind: "gap" };
        if (event === "removed") return { ok: false, reason: `${origin}: ${removalOf(data)}`, isFinal: true };
      }
      if (item.kind === "ended") return lost(`${origin}: ${item.reason}`, askedMs);
    }
    return lost(origin, askedMs);
  }
}

function lost(reason: string, retryAfterMs: number | undefined): Failure {
  return { ok: false, reason, isFinal: false, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

function messageNews(payload: Buffer, position: string | undefined): News {
  return { kind: "message", message: messageOf(payload, position) };
}

function removalOf(data: string): string {
  try {
    const { message } = JSON.parse(data) as { message?: unknown };
    if (typeof message === "string") return message;
  } catch {
    // Then without the gateway's words.
  }
  return "it ended the subscription";
}
