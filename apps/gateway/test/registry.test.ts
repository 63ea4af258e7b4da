/** One gateway's lease, on a broker that does what the test says. */
import { type Broker, createMemoryBroker } from "@tidewire/broker";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Registry } from "../src/registry.ts";
import { NO_HANDLERS } from "./no-handlers.ts";

const LIMITS = { leaseMs: 15_000, leaseRenewMs: 5_000 };

beforeEach(() => vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date", "performance"] }));
afterEach(() => vi.useRealTimers());

function open(change: Partial<Broker> = {}) {
  const memory = createMemoryBroker(NO_HANDLERS);
  const broker = { ...memory, ...change };
  const renewLease = vi.spyOn(broker, "renewLease");
  const lines: string[] = [];
  const log = pino({ base: null }, { write: (line: string) => lines.push(line) });
  const registry = new Registry({ broker, gatewayId: "a", limits: LIMITS, log });
  return { broker, registry, renewLease, lines };
}

/** Whether somebody who takes a look finds the lease in force. */
async function isHeld(broker: Broker): Promise<boolean> {
  const asked = await broker.ask({ text: "?", waitMs: 1 });
  return asked.ok && asked.value.answers.length + asked.value.missing.length === 1;
}

describe("the lease of a gateway", () => {
  test("is held from the start on, over many of its times, until it is given up", async () => {
    const { broker, registry } = open();
    expect(await isHeld(broker)).toBe(false);
    registry.start();
    for (let round = 0; round < 20; round += 1) {
      expect(await isHeld(broker)).toBe(true);
      await vi.advanceTimersByTimeAsync(4_000);
    }
    await registry.end();
    expect(await isHeld(broker)).toBe(false);
    await vi.advanceTimersByTimeAsync(60_000);
    registry.linkIsUp();
    expect(await isHeld(broker)).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is renewed as soon as the link is up, but not before the gateway has started", async () => {
    const { registry, renewLease } = open();
    registry.linkIsUp();
    expect(renewLease).not.toHaveBeenCalled();
    registry.start();
    registry.linkIsUp();
    expect(renewLease).toHaveBeenCalledTimes(2);
    await registry.end();
  });

  test("that was lost is taken again, and the log says so", async () => {
    const { broker, registry, lines } = open();
    registry.start();
    await vi.advanceTimersByTimeAsync(6_000);
    expect(lines).toEqual([]);
    // As if the process had been frozen: time goes by, and no timer runs.
    vi.setSystemTime(Date.now() + 60_000);
    expect(await isHeld(broker)).toBe(false);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await isHeld(broker)).toBe(true);
    expect(lines).toEqual([expect.stringContaining("was lost, and is taken anew")]);
    await registry.end();
  });

  test("that the broker refuses is reported once, and tried again", async () => {
    const error = { code: "refused", message: "NOPERM" } as const;
    const { registry, renewLease, lines } = open({ renewLease: async () => ({ ok: false, error }) });
    registry.start();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(renewLease).toHaveBeenCalledTimes(5);
    expect(lines).toEqual([expect.stringContaining("NOPERM")]);
    await registry.end();
  });

  test("tells for how long the gateway has been running", async () => {
    const { registry } = open();
    const startedMs = Date.now();
    await vi.advanceTimersByTimeAsync(7_000);
    const peers = await registry.peers();
    expect(peers).toMatchObject({ ok: true, value: [{ gateway: "a", sinceMs: startedMs }] });
  });
});
