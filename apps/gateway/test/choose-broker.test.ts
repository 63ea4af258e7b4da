import { DEFAULT_REDIS } from "@tidewire/broker";
import { freePort, holdPort, Inbox, startRedis } from "@tidewire/testkit";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { type BrokerChoice, type BrokerChoiceOptions, chooseBroker } from "../src/choose-broker.ts";
import { NO_HANDLERS } from "./no-handlers.ts";

async function choose(options: Omit<BrokerChoiceOptions, "prefix">): Promise<BrokerChoice> {
  const result = await chooseBroker({ prefix: "", ...options });
  if (!result.ok) throw new Error(result.fault);
  return result.choice;
}

async function descriptionOf(choice: BrokerChoice): Promise<string> {
  const broker = choice.create(NO_HANDLERS);
  await broker.close();
  return broker.description;
}

describe("the broker of a gateway", () => {
  test("is the Redis on the default port when none is named and it answers", async () => {
    await using redis = await startRedis();
    const choice = await choose({ named: undefined, fallback: { ...DEFAULT_REDIS, port: redis.port } });
    expect(choice.line).toContain("found on the default port");
    expect(await descriptionOf(choice)).toBe(redis.url);
  });

  test("is the embedded one when none is named and none answers", async () => {
    await using nobody = await holdPort();
    const fallback = { ...DEFAULT_REDIS, port: nobody.port };
    const choice = await choose({ named: undefined, fallback });
    expect(choice.line).toContain("embedded");
    expect(await descriptionOf(choice)).toBe("embedded");
  });

  test("is the named Redis even when it does not answer", async () => {
    await using nobody = await holdPort();
    const named = { ...DEFAULT_REDIS, port: nobody.port };
    const choice = await choose({ named });
    expect(choice.line).toContain("trying again");
    expect(await descriptionOf(choice)).toBe(`redis://127.0.0.1:${named.port}`);
  });

  test.each(["named", "fallback"])("is none when the %s Redis refuses the password", async (role) => {
    await using redis = await startRedis({ args: ["--requirepass", "right"] });
    const target = { ...DEFAULT_REDIS, port: redis.port };
    const options = role === "named" ? { named: target } : { named: undefined, fallback: target };
    const result = await chooseBroker({ prefix: "", ...options });
    expect(result).toEqual({ ok: false, fault: `${redis.url}: it wants a password` });
  });

  test("stays the embedded one when a Redis appears, and says so once", async () => {
    const fallback = { ...DEFAULT_REDIS, port: await freePort() };
    const choice = await choose({ named: undefined, fallback, lookIntervalMs: 1 });
    const lines = new Inbox<string>();
    const stop = choice.watch(pino({ base: null }, { write: (line: string) => lines.push(line) }));
    await using redis = await startRedis({ port: fallback.port });
    const line = await lines.next();
    expect(line).toContain(`a Redis has appeared at ${redis.url}`);
    stop();
  });
});
