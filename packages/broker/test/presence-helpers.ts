/** What tests of presence do again and again. */
import { expect } from "vitest";
import type { LeaseOutcome, Member, PresenceNotice } from "../src/index.ts";
import { valueOf } from "./observer.ts";
import { openRawClient, openReadyBroker, type Opened } from "./open-broker.ts";

export const LONG_MS = 600_000;

export function someone(id: string, info = "null"): Member {
  return { id, info };
}

export async function renew({ broker }: Opened, gateway: string, forMs = LONG_MS): Promise<LeaseOutcome> {
  return valueOf(await broker.renewLease({ gateway, version: "1", ageMs: 0, forMs }));
}

/** Until then nothing that is said is later, by the clock, than what was said before. */
export async function nextMillisecond(): Promise<void> {
  const nowMs = Date.now();
  while (Date.now() === nowMs) await new Promise(setImmediate);
}

/** The ids of all members, page by page. */
export async function idsOn({ broker }: Opened, channel: string, limit = 1_000): Promise<string[]> {
  const ids: string[] = [];
  for (let hasMore = true; hasMore;) {
    const page = valueOf(await broker.presence.members(channel, { after: ids.at(-1), limit }));
    ids.push(...page.members.map(({ id }) => id));
    hasMore = page.hasMore;
  }
  return ids;
}

/** A notice in short: `+a` has joined, `-a` has left, `~a` has another info. */
export function inShort({ changes }: PresenceNotice): string[] {
  return changes.map((change) => {
    if (change.kind === "left") return `-${change.id}`;
    return `${change.kind === "joined" ? "+" : "~"}${change.member.id}`;
  });
}

/** What is told next, until so many changes have come; `reset` counts as one. */
export async function told({ observer }: Opened, count = 1): Promise<string[]> {
  const changes: string[] = [];
  while (changes.length < count) {
    const event = await observer.presenceEvents.next();
    changes.push(...(event.kind === "reset" ? ["reset"] : inShort(event.notice)));
  }
  return changes;
}

/** What is told on a channel until a sentinel has come, without it. */
export async function toldUntilSentinel(opened: Opened, channel: string): Promise<string[]> {
  valueOf(await opened.broker.presence.enter(channel, someone("sentinel")));
  const changes: string[] = [];
  while (changes.at(-1) !== "+sentinel") changes.push(...(await told(opened)));
  valueOf(await opened.broker.presence.leave(channel, "sentinel"));
  while (changes.at(-1) !== "-sentinel") changes.push(...(await told(opened)));
  return changes.filter((change) => !change.endsWith("sentinel"));
}

/** Makes an epoch below that prefix, and waits until nothing is kept quiet any more. */
export async function settlePresence(url: string, prefix: string): Promise<void> {
  await using opened = await openReadyBroker(url, prefix);
  await using raw = openRawClient(url);
  await renew(opened, "first", 1);
  await expect.poll(() => raw.exists(`${prefix}tidewire:presence:state`)).toBe(1);
  await expect.poll(() => raw.exists(`${prefix}tidewire:presence:quiet`)).toBe(0);
  await opened.broker.endLease();
}

/** Gateways `a` and `b`, and one that only holds a lease and hears what is told of `room`. */
export async function openThree(url: string, prefix: string) {
  const stack = new AsyncDisposableStack();
  await settlePresence(url, prefix);
  const [keeper, a, b] = [
    stack.use(await openReadyBroker(url, prefix)),
    stack.use(await openReadyBroker(url, prefix)),
    stack.use(await openReadyBroker(url, prefix)),
  ];
  const raw = stack.use(openRawClient(url));
  const own = `${prefix}tidewire:`;
  await renew(keeper, "keeper");
  // It was the first to hold a lease; who comes later finds nothing quiet.
  await raw.del(`${own}presence:quiet`);
  await renew(a, "a");
  await renew(b, "b");
  valueOf(await keeper.broker.presence.watch("room"));
  return { keeper, a, b, raw, own, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
