/** What a measured server is to this program, and how to tell that it is there. */
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Child } from "../child.ts";

/** The channel of workloads that have one only. */
export const CHANNEL = "channel";

/** What a server is started with. */
interface PeerContext {
  readonly redisPort: number;
  /** A folder of its own, which is removed afterwards. */
  readonly folder: string;
  /** Length of every payload; some engines write it in front of the payload. */
  readonly payloadBytes: number;
  /** Whether each channel has subscribers of its own; otherwise all are in {@link CHANNEL}. */
  readonly hasManyChannels: boolean;
}

/** A server that runs. Disposing of `child` ends it. */
export interface Target {
  readonly child: Child;
  /** The processes that serve, for their CPU and memory. */
  readonly pids: readonly number[];
  /** Options of the load generator: where to connect, how to subscribe, how to publish. */
  readonly options: readonly string[];
}

export interface Peer {
  /** What `--only` calls it. */
  readonly name: string;
  readonly title: string;
  /** Whether it takes part in workloads with many channels. */
  readonly hasChannels: boolean;
  /** What has to be there and is not. */
  missing(): string | undefined;
  version(): Promise<string>;
  start(context: PeerContext): Promise<Target>;
}

/** Longest time that a server may take to listen, in milliseconds. */
const START_LIMIT_MS = 15_000;
const POLL_MS = 20;

/** Resolves when the port of 127.0.0.1 takes connections; rejects when the program ends or takes too long. */
export async function untilListening(child: Child, port: number): Promise<void> {
  await until(child, () => isListening(port));
}

/** Resolves when the URL answers with success. */
export async function untilOk(child: Child, url: string): Promise<void> {
  await until(child, async () => {
    try {
      return (await fetch(url)).ok;
    } catch {
      return false;
    }
  });
}

async function until(child: Child, isReady: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + START_LIMIT_MS;
  while (performance.now() < end) {
    if (child.failure) throw new Error(child.failure);
    if (await isReady()) return;
    await wait(POLL_MS);
  }
  await child[Symbol.asyncDispose]();
  throw new Error(`a server did not listen within ${START_LIMIT_MS} ms`);
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    const settle = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once("connect", () => settle(true)).once("error", () => settle(false));
  });
}

/** Options for a publisher on Redis. */
export function redisOptions(port: number, channel: string, kind: "redis" | "stream" = "redis"): string[] {
  return ["--publish", kind, "--publish-port", String(port), "--channel", channel];
}
