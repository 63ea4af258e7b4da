/** What tests of streams do again and again, on the channel `s`. */
import { expect } from "vitest";
import type { Page, Position, ReadRequest, Retention, Streams } from "../src/index.ts";
import { text, textOf, valueOf } from "./observer.ts";
import { openRawClient, openReadyBroker, type Opened } from "./open-broker.ts";

export const MANY = { limit: 1_000, maxBytes: 1_000_000 };
export const NOT_TAILED = { isTailed: false };
/** What is too old in a moment, and what is not as long as a test runs. */
export const BRIEF = { maxAgeMs: 1 };
export const LONG = { maxAgeMs: 600_000 };
/** So that no check finds what something else is to find. */
export const SELDOM = { checkIntervalMs: 3_600_000 };

/** Two gateways, which hear of nothing by checks, and a program beside them. */
export async function openPair(url: string, prefix: string) {
  const stack = new AsyncDisposableStack();
  const here = stack.use(await openReadyBroker(url, prefix, { streams: SELDOM }));
  const there = stack.use(await openReadyBroker(url, prefix, { streams: SELDOM }));
  const raw = stack.use(openRawClient(url));
  return { here, there, raw, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Appends one after another; the positions behind each. */
export async function appendAll(
  streams: Streams,
  channel: string,
  data: readonly string[],
): Promise<Position[]> {
  const positions: Position[] = [];
  for (const each of data) {
    const { position } = valueOf(await streams.append(channel, text(each)));
    positions.push(position as Position);
  }
  return positions;
}

/** Makes the stream where there is none, as whoever follows it does; its head. */
export async function makeStream(streams: Streams, channel: string): Promise<Position> {
  const head = valueOf(await streams.follow(channel, NOT_TAILED));
  streams.unfollow(channel);
  return head;
}

export async function headOf(streams: Streams, channel: string): Promise<Position> {
  return valueOf(await streams.read(channel, { stretch: { kind: "last" }, limit: 0, maxBytes: 0 })).head;
}

/** Sweeps until the stream is gone: a follower that has left may be there for a moment still. */
export async function untilSwept(
  streams: Streams,
  channel: string,
  retentionOf: (channel: string) => Retention,
): Promise<void> {
  const sweep = async () => {
    valueOf(await streams.sweep(retentionOf));
    return isThere(streams, channel);
  };
  await expect.poll(sweep, { interval: 5 }).toBe(false);
}

/** Where there is no stream, no two heads are the same. */
async function isThere(streams: Streams, channel: string): Promise<boolean> {
  const [one, two] = [await headOf(streams, channel), await headOf(streams, channel)];
  return one.epoch === two.epoch;
}

export async function readAfter(
  streams: Streams,
  position: Position,
  request: Partial<ReadRequest> = {},
): Promise<Page> {
  return valueOf(await streams.read("s", { ...MANY, ...request, stretch: { kind: "after", position } }));
}

/** A page in short. */
export function summary({ entries, isComplete, hasMore }: Page) {
  return { texts: entries.map(textOf), isComplete, hasMore };
}

/** A broker that is alone, and a stream of its that has these entries. */
export async function openStream(open: () => Promise<Opened>, data: readonly string[]) {
  const opened = await open();
  const { streams } = opened.broker;
  const start = await makeStream(streams, "s");
  const positions = await appendAll(streams, "s", data);
  const read = async (stretch: ReadRequest["stretch"], request: Partial<ReadRequest> = {}) =>
    summary(valueOf(await streams.read("s", { ...MANY, ...request, stretch })));
  const at = (index: number) => (index < 0 ? start : (positions[index] as Position));
  return { ...opened, streams, read, at, start };
}
