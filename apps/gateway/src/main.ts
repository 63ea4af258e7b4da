/** The gateway as a program: arguments, environment, what it says at start, signals, exit codes. */
import { chooseBroker } from "./choose-broker.ts";
import { type Config, readConfig } from "./config.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { createLog, type Log } from "./log.ts";
import { welcome } from "./welcome.ts";

/** The configuration is not sound, or does not fit this machine. */
const EXIT_FAULTY = 2;

async function main(): Promise<void> {
  const result = readConfig(process.argv.slice(2), process.env);
  if (result.kind === "text") {
    process.stdout.write(result.text);
    return;
  }
  if (result.kind === "faults") return fail(result.faults);
  const { config } = result;
  const { redis, redisPrefix, isRedisDurable: isDurable, limits } = config;
  const streams = { checkIntervalMs: limits.streamCheckIntervalMs, isDurable };
  const chosen = await chooseBroker({ named: redis, prefix: redisPrefix, streams });
  if (!chosen.ok) return fail([chosen.fault]);

  const isTerminal = process.stdout.isTTY;
  const log = createLog(isTerminal);
  const gateway = await listen(config, log, chosen.choice.create);
  if (!gateway) return;
  const { address } = gateway;
  const { line } = chosen.choice;
  if (isTerminal) process.stdout.write(welcome(address, config.channel, line));
  else log.info({ url: `http://${address}/`, channel: config.channel, broker: line }, "listening");
  const stopWatching = chosen.choice.watch(log);
  stopOnSignal(gateway, log, stopWatching);
}

async function listen(
  config: Config,
  log: Log,
  createBroker: Parameters<typeof startGateway>[0]["createBroker"],
): Promise<Gateway | undefined> {
  try {
    return await startGateway({ config, log, createBroker });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const where = `${config.host}:${config.port}`;
    if (code === "EADDRINUSE")
      fail([`${where} is in use by another program: choose another port with --port`]);
    else if (code === "EACCES") fail([`${where}: this user may not bind it`]);
    else if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
      fail([`${where}: this machine has no such address`]);
    else throw error;
    return undefined;
  }
}

/** The first signal drains; a second ends the process at once. */
function stopOnSignal(gateway: Gateway, log: Log, stopWatching: () => void): void {
  let isStopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (isStopping) process.exit(1);
    isStopping = true;
    log.info(`${signal}: stopping`);
    stopWatching();
    await gateway.drain();
    log.info("stopped");
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

function fail(faults: readonly string[]): void {
  const lines = faults.map((fault) => `gateway: ${fault}`);
  process.stderr.write(`${lines.join("\n")}\nSee --help for what can be set.\n`);
  process.exitCode = EXIT_FAULTY;
}

await main();
