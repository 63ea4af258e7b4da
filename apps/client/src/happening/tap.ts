/**
 * Listens in on the frames of a client, for a person to see.
 *
 * Invariant: what passes is not changed, and of a token nothing is kept.
 */

import type { ConnectOptions } from "@tidewire/sdk";
import { byteLength, type Frame, FrameLog } from "./frame-log.ts";
import { MessageRate, type Rates } from "./message-rate.ts";
import { PacedStore } from "./paced-store.ts";
import { NO_ROUND_TRIP, RoundTrips, type RoundTripView } from "./round-trips.ts";
import { readLine, type WireLine } from "./wire-line.ts";

type Share = NonNullable<ConnectOptions["share"]>;
type Environment = Parameters<Share>[0];
type Socket = ReturnType<Environment["openSocket"]>;

export interface TapView {
  /** Of all connections that the client has had, the newest frames. The oldest first. */
  readonly frames: readonly Frame[];
  /** On the present connection. */
  readonly roundTrip: RoundTripView;
  /** Since when there is a session, in milliseconds since 1970; `undefined` while there is none. */
  readonly connectedAtMs: number | undefined;
}

export interface TapParts {
  readonly nextFrame?: (callback: () => void) => void;
  /** A clock that only goes on, with parts of milliseconds. */
  readonly nowMs: () => number;
  /** In milliseconds since 1970. */
  readonly dateMs: () => number;
}

/** One connection that is listened to. */
interface Line {
  readonly socket: Socket;
  readonly roundTrips: RoundTrips;
  beganAtMs: number;
  connectedAtMs: number | undefined;
}

const PARTS: TapParts = { nowMs: () => performance.now(), dateMs: () => Date.now() };

/** One for each client, or for clients that follow each other. */
export function createTap(parts: TapParts = PARTS): Tap {
  return new Tap(parts);
}

export class Tap {
  readonly #parts: TapParts;
  readonly #frames = new FrameLog();
  readonly #rate = new MessageRate();
  readonly #store: PacedStore<TapView>;
  #line: Line | undefined;
  /** Counts down from the largest there is, and the client counts up from 1: they never meet. */
  #nextPingId = Number.MAX_SAFE_INTEGER;

  /** For the option `share` of `connect`; where tabs share, around theirs: what passes in this tab is seen. */
  readonly share: Share = (environment) => ({
    ...environment,
    openSocket: (url, subprotocol) => this.#open(environment.openSocket(url, subprotocol)),
  });

  constructor(parts: TapParts) {
    this.#parts = parts;
    this.#store = new PacedStore(() => this.#read(), parts.nextFrame);
  }

  readonly subscribe = (listener: () => void): (() => void) => this.#store.subscribe(listener);

  readonly getSnapshot = (): TapView => this.#store.getSnapshot();

  rates(): Rates {
    return this.#rate.read(this.#parts.nowMs());
  }

  /** Asks for a sign of life, if there is a session; the round trip is seen as every other is. */
  measure(): void {
    const line = this.#line;
    if (line?.connectedAtMs === undefined) return;
    // The client passes over an answer to what it has not asked.
    const ping = JSON.stringify({ type: "ping", id: this.#nextPingId });
    this.#nextPingId -= 1;
    this.#pass(line, "sent", ping);
    line.socket.send(ping);
  }

  #read(): TapView {
    return {
      frames: this.#frames.read(),
      roundTrip: this.#line?.roundTrips.read() ?? NO_ROUND_TRIP,
      connectedAtMs: this.#line?.connectedAtMs,
    };
  }

  #open(socket: Socket): Socket {
    const line: Line = {
      socket,
      roundTrips: new RoundTrips(),
      beganAtMs: this.#parts.nowMs(),
      connectedAtMs: undefined,
    };
    this.#line = line;
    const listening = new AbortController();
    const { signal } = listening;
    const end = (text: string) => {
      if (signal.aborted) return;
      listening.abort();
      this.#note(line, "closed", text);
      if (this.#line === line) this.#line = undefined;
    };
    socket.addEventListener("open", () => this.#begin(line), { signal });
    socket.addEventListener("message", ({ data }) => this.#pass(line, "received", data), { signal });
    socket.addEventListener("close", ({ code, reason }) => end(`${code} ${reason}`.trim()), { signal });
    return {
      addEventListener: socket.addEventListener.bind(socket),
      send: (text) => {
        this.#pass(line, "sent", text);
        socket.send(text);
      },
      close: () => {
        end("by this page");
        socket.close();
      },
    };
  }

  #begin(line: Line): void {
    line.beganAtMs = this.#parts.nowMs();
    this.#note(line, "opened", "");
  }

  #note(line: Line, kind: "opened" | "closed", text: string): void {
    this.#frames.add({ kind, text, sinceMs: this.#parts.nowMs() - line.beganAtMs, sizeBytes: 0 });
    this.#store.change();
  }

  #pass(line: Line, kind: "received" | "sent", data: unknown): void {
    // No gateway sends anything else.
    if (typeof data !== "string") return;
    const nowMs = this.#parts.nowMs();
    const lines = data.split("\n").map(readLine);
    for (const one of lines) this.#count(line, kind, one, nowMs);
    const text = lines.map((one) => one.text).join("\n");
    this.#frames.add({
      kind,
      text,
      sinceMs: nowMs - line.beganAtMs,
      isHeartbeat: lines.every(({ type }) => type === "ping" || type === "pong"),
      ...(text !== data && { sizeBytes: byteLength(data) }),
    });
    this.#store.change();
  }

  #count(line: Line, kind: "received" | "sent", { type, id }: WireLine, nowMs: number): void {
    const isMessage = type === (kind === "sent" ? "publish" : "message");
    if (isMessage) this.#rate.count(kind, nowMs);
    if (id !== undefined && kind === "sent") line.roundTrips.sent(id, nowMs);
    if (id !== undefined && kind === "received") line.roundTrips.replied(id, nowMs);
    if (kind === "received" && type === "connected") line.connectedAtMs = this.#parts.dateMs();
  }
}
