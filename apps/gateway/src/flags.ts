/** The command line of the gateway: flags as text, with every wrong one reported. */
import { Command, CommanderError } from "commander";
import { version } from "./version.ts";

/** What was said on the command line, unchecked. */
export interface Flags {
  host?: string;
  port?: string;
  redis?: string;
  channel?: string;
  stream?: string;
  textPrefix?: string;
  config?: string;
  insecure?: boolean;
}

export interface ParsedFlags {
  readonly flags: Flags;
  readonly faults: readonly string[];
  /** Help or version, when that was asked for. */
  readonly text?: string;
}

const AFTER_HELP = `
Environment (a flag beats it, it beats the file; empty means unset):
  HOST, PORT          as --host and --port
  REDIS_URL           as --redis; or REDIS_HOST, REDIS_PORT, REDIS_USERNAME, REDIS_PASSWORD
  REDIS_PREFIX        goes before every name on Redis
  API_KEY             guards POST /message; without it only local programs are answered
  JWT_SECRET          clients sign in with tokens of this shared secret (HS256)
  JWKS_URL            or with tokens that the public keys at this URL, or in this file, check
  JWT_AUDIENCE        who tokens must be for; JWT_ISSUER: who they must be from
  ALLOWED_ORIGINS     origins whose pages may connect, separated by commas
  TRUST_PROXY         proxies whose X-Forwarded-For is believed; needs API_KEY

Examples:
  pnpm --filter gateway start
  pnpm --filter gateway start --port 1235 --redis redis://127.0.0.1:6379
  pnpm --filter gateway start --text-prefix "RECEIVED: "
`;

export function parseFlags(argv: readonly string[]): ParsedFlags {
  let text = "";
  const command = new Command("gateway")
    .description("Serves WebSockets, the server API and the page.")
    .version(version)
    .option("--host <address>", "address to bind (default: 127.0.0.1)")
    .option("--port <number>", "port to bind (default: 1234)")
    .option("--redis <url>", "the Redis that joins gateways (default: the one on 127.0.0.1:6379, else none)")
    .option("--channel <name>", "the channel of clients that name none (default: channel)")
    .option("--stream <name>", "the same, and that channel is a stream that is read as it grows")
    .option("--text-prefix <text>", "goes before every text that a client sends")
    .option("--config <file>", "a configuration file (JSON)")
    .option("--insecure", "allow any address and any Host, though nobody signs in")
    .addHelpText("after", AFTER_HELP)
    .allowUnknownOption()
    .allowExcessArguments()
    .exitOverride()
    .configureOutput({ writeOut: (part) => (text += part), writeErr: () => {} });
  try {
    command.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { flags: {}, faults: [], text };
    return { flags: command.opts<Flags>(), faults: [error.message.replace(/^error: /, "")] };
  }
  const faults = command.args.map((word) =>
    word.startsWith("-") ? `unknown option ${word}` : `unexpected argument "${word}"`,
  );
  return { flags: command.opts<Flags>(), faults };
}
