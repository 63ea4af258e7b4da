/**
 * Timers of the configuration: each tick is published once over all gateways, whatever their clocks.
 *
 * Every gateway asks for every tick, and the broker grants each to one. When to ask is reckoned from the broker's time,
 * which comes with each answer; the own clock only measures how long to wait.
 */
import { createHash } from "node:crypto";
import type { Broker } from "@tidewire/broker";

export interface Timer {
  readonly channel: string;
  readonly everyMs: number;
  /** What to publish; `{time}` stands for when the tick was due, as ISO 8601 in UTC. */
  readonly data: string;
}

/** A tick that is never due: a question that only asks for the time. */
const NEVER_MS = Number.MAX_SAFE_INTEGER;
/** How long to wait after the broker did not answer, in milliseconds, at most. */
const RETRY_MS = 1_000;
/** Longest wait between two questions, in milliseconds: a clock that was set is noticed then. */
const MAX_WAIT_MS = 600_000;

/** What timers tell their owner. */
export interface TimerHandlers {
  /** A tick was published by this gateway. */
  readonly onTick: () => void;
  /** The broker answered no; told once for each timer, which goes on trying. */
  readonly onRefused: (channel: string, message: string) => void;
}

/** Runs until the answer is called. */
export function startTimers(broker: Broker, timers: readonly Timer[], handlers: TimerHandlers): () => void {
  const stops = timers.map((timer) => startTimer(broker, timer, handlers));
  return () => {
    for (const stop of stops) stop();
  };
}

function startTimer(broker: Broker, timer: Timer, handlers: TimerHandlers): () => void {
  const { channel, everyMs, data } = timer;
  const id = idOf(timer);
  let pending: NodeJS.Timeout | undefined;
  let isStopped = false;
  let isRefused = false;
  let dueMs = NEVER_MS;

  const ask = async () => {
    const publication = { payload: Buffer.from(data.replaceAll("{time}", isoTime(dueMs))) };
    const result = await broker.tick({ timer: id, channel, publication, dueMs, everyMs });
    if (isStopped) return;
    if (!result.ok) {
      if (result.error.code === "refused" && !isRefused) handlers.onRefused(channel, result.error.message);
      isRefused = result.error.code === "refused";
      // A tick that may have been published must not be asked for again: the claim may be lost with the broker.
      dueMs = NEVER_MS;
      return wait(Math.min(everyMs, RETRY_MS));
    }
    const { nowMs, isPublished } = result.value;
    if (isPublished) handlers.onTick();
    dueMs = nextDue(dueMs, nowMs, everyMs);
    wait(dueMs - nowMs);
  };
  const wait = (waitMs: number) => {
    pending = setTimeout(() => void ask(), Math.min(Math.max(waitMs, 0), MAX_WAIT_MS)).unref();
  };
  void ask();
  return () => {
    isStopped = true;
    clearTimeout(pending);
  };
}

/** The tick to ask for after an answer: the same if it was too early, the latest if some were missed, else the next. */
function nextDue(dueMs: number, nowMs: number, everyMs: number): number {
  const latestMs = Math.floor(nowMs / everyMs) * everyMs;
  const isEarly = nowMs < dueMs && dueMs - nowMs <= everyMs;
  if (isEarly) return dueMs;
  const isMissed = nowMs - dueMs >= everyMs;
  return isMissed ? latestMs : latestMs + everyMs;
}

function isoTime(ms: number): string {
  return ms === NEVER_MS ? "" : new Date(ms).toISOString();
}

// Gateways with the same timer must mean the same one, whatever its place in their files.
function idOf({ channel, everyMs, data }: Timer): string {
  return createHash("sha256")
    .update(JSON.stringify([channel, everyMs, data]))
    .digest("hex")
    .slice(0, 32);
}
