/** Says something to a Redis, as a person with a terminal does. */
import { type RedisServer, run } from "@tidewire/testkit";

/** The lines of its answer; rejects when it could not be asked. */
export async function redisCli(
  { port }: Pick<RedisServer, "port">,
  ...args: readonly string[]
): Promise<string> {
  const { exit, stdout, stderr } = await run("redis-cli", ["-p", String(port), ...args]);
  if (exit !== 0) throw new Error(`redis-cli ${args.join(" ")} ended with ${exit}: ${stderr}`);
  return stdout;
}
