/** A gateway inside the test's process that is joined to others by a Redis. */
import { createRedisBroker, type Link, parseRedisUrl, type RedisBrokerOptions } from "@tidewire/broker";
import { Inbox } from "@tidewire/testkit";
import type { Config } from "../src/config.ts";
import { startTestGateway, type TestGateway } from "./test-gateway.ts";

export interface RedisGateway extends TestGateway {
  /** What its link became, after it was up for the first time. */
  readonly links: Inbox<Link>;
}

/** Longer than any test: no command is given up because the machine is slow. */
const COMMAND_TIMEOUT_MS = 600_000;

/** Resolves once its link is up. @param times for a test that waits for a link that does not answer */
export async function startOnRedis(
  url: string,
  config: Partial<Config> = {},
  times: Pick<RedisBrokerOptions, "commandTimeoutMs" | "checkIntervalMs" | "prefix"> = {},
): Promise<RedisGateway> {
  const parsed = parseRedisUrl(url);
  if (!parsed.ok) throw new Error(parsed.fault);
  const links = new Inbox<Link>();
  const gateway = await startTestGateway({
    config,
    createBroker: (handlers) => {
      const onLink = (link: Link) => {
        links.push(link);
        handlers.onLink(link);
      };
      const options = { target: parsed.target, commandTimeoutMs: COMMAND_TIMEOUT_MS, ...times };
      return createRedisBroker(options, { ...handlers, onLink });
    },
  });
  await links.find(({ state }) => state === "up");
  return { ...gateway, links };
}
