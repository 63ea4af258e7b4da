/** A world in the test's hands: sockets that bring what the test says, a clock that goes when the test lets it. */
import type { ConnectOptions } from "../src/options.ts";
import type { Environment, SocketLike, Wake } from "../src/environment.ts";
import { OwnLink } from "../src/own-link.ts";
import { Tidewire } from "../src/tidewire.ts";

/** A line, parsed. */
export type Line = Readonly<Record<string, unknown>> & { readonly type: string; readonly id: number };

/** The gateway's end is played by the test. */
export class FakeSocket extends EventTarget {
  /** What the client has sent, a frame each. */
  readonly frames: string[] = [];
  isClosed = false;
  readonly url: string;
  readonly subprotocol: string;

  constructor(url: string, subprotocol: string) {
    super();
    this.url = url;
    this.subprotocol = subprotocol;
  }

  send(text: string): void {
    this.frames.push(text);
  }

  close(): void {
    this.isClosed = true;
  }

  open(): void {
    this.dispatchEvent(new Event("open"));
  }

  /** One frame of these lines. */
  say(...lines: readonly (string | object)[]): void {
    const data = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n");
    this.dispatchEvent(new MessageEvent("message", { data }));
  }

  sayBytes(bytes: Uint8Array): void {
    this.dispatchEvent(new MessageEvent("message", { data: bytes }));
  }

  end(code: number, reason = ""): void {
    this.dispatchEvent(new CloseEvent("close", { code, reason }));
  }

  /** Takes all that the client has sent since the last time, once this turn is over. */
  async lines(): Promise<Line[]> {
    await settle();
    const frames = this.frames.splice(0);
    return frames.flatMap((frame) => frame.split("\n")).map((line) => JSON.parse(line) as Line);
  }
}

/** Resolves when all that promises and microtasks have led to is done. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

export class FakeWorld implements Environment {
  readonly sockets: FakeSocket[] = [];
  readonly timers = new Set<Timer>();
  readonly wakers = new Set<(wake: Wake) => void>();
  chance = 0.5;
  openFault: Error | undefined;
  #nowMs = 1_000_000;
  #keys = 0;

  /** The newest. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  }

  openSocket(url: string, subprotocol: string): SocketLike {
    if (this.openFault) throw this.openFault;
    const socket = new FakeSocket(url, subprotocol);
    this.sockets.push(socket);
    return socket as unknown as SocketLike;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.timers.add(timer);
    return () => void this.timers.delete(timer);
  }

  nowMs(): number {
    return this.#nowMs;
  }

  random(): number {
    return this.chance;
  }

  newKey(): string {
    this.#keys += 1;
    return `key-${this.#keys}`;
  }

  onWake(listener: (wake: Wake) => void): () => void {
    this.wakers.add(listener);
    return () => void this.wakers.delete(listener);
  }

  wake(wake: Wake): void {
    for (const listener of this.wakers) listener(wake);
  }

  /** Lets that much time go by, with all timers in their order. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (let timer = this.#nextTimer(untilMs); timer; timer = this.#nextTimer(untilMs)) {
      this.timers.delete(timer);
      this.#nowMs = Math.max(this.#nowMs, timer.atMs);
      timer.callback();
    }
    this.#nowMs = untilMs;
  }

  /** The clock goes on and timers do not: a laptop that is suspended. */
  suspend(forMs: number): void {
    this.#nowMs += forMs;
  }

  #nextTimer(untilMs: number): Timer | undefined {
    return [...this.timers].filter(({ atMs }) => atMs <= untilMs).toSorted((a, b) => a.atMs - b.atMs)[0];
  }
}

export const CONNECTED = {
  type: "connected",
  connection: "Qd1.1",
  gateway: "Qd1",
  maxMessageBytes: 65_536,
  maxFrameBytes: 524_288,
  heartbeatIntervalMs: 25_000,
  idempotencyWindowMs: 300_000,
};

/** A client of which no connection stands yet. */
export function begin(options: ConnectOptions = {}) {
  const world = new FakeWorld();
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const client = new Tidewire(new OwnLink("ws://gateway.test/", { onError, ...options }, world));
  return { client, world, errors };
}

/** Lets the newest socket be answered. */
export async function welcome(world: FakeWorld, fields: object = {}): Promise<FakeSocket> {
  const { socket } = world;
  socket.open();
  const [connect] = await socket.lines();
  socket.say({ ...CONNECTED, ...fields, id: connect?.id });
  return socket;
}

/** A client that is connected. */
export async function beginConnected(options: ConnectOptions = {}, fields: object = {}) {
  const begun = begin(options);
  await settle();
  const socket = await welcome(begun.world, fields);
  return { ...begun, socket };
}

/** The connection breaks, the wait is over, and another one stands. */
export async function comeBack(world: FakeWorld): Promise<FakeSocket> {
  world.socket.end(1006);
  await nextTry(world);
  return welcome(world);
}

/** Lets time go by until another socket was opened. */
export async function nextTry(world: FakeWorld): Promise<void> {
  const { length } = world.sockets;
  while (world.sockets.length === length) {
    world.advance(10);
    await settle();
  }
}
