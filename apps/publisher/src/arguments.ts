/** The command line of `publish`: words and options as text, unchecked. */
import { Command } from "commander";
import { parseCommand, type ParsedArguments } from "./parse-command.ts";

export interface Arguments {
  redis?: string;
  gateway?: string;
  stream?: boolean;
  user?: string;
  every?: string;
  count?: string;
  json?: boolean;
}

const AFTER_HELP = `
Without --redis, --gateway and REDIS_URL it tries Redis on 127.0.0.1:6379, and if none answers or nobody
received the message there, the gateway at http://127.0.0.1:1234.

Environment (an option beats it; empty means unset):
  REDIS_URL      as --redis; or REDIS_HOST, REDIS_PORT, REDIS_USERNAME, REDIS_PASSWORD
  REDIS_PREFIX   goes before every name on Redis
  API_KEY        for a gateway that wants one

Examples:
  publish channel "data"                      one message
  publish channel "tick" --every 10s          one at once, then every ten seconds
  publish channel "tick" --every 1s --count 5
  publish --user 7 "only for user 7"
  tail -f app.log | publish room:log          one message a line
  publish mystream "kept" --stream            XADD instead of PUBLISH
  publish -- channel -5                       data that begins with a dash

Exit codes: 0 published, 1 failed, 2 wrong usage.
`;

export function parseArguments(argv: readonly string[]): ParsedArguments<Arguments> {
  const command = new Command("publish")
    .description("Pushes messages to everybody in a channel, as a business server does.")
    .usage("[options] <channel> [data]\n       publish [options] --user <id> [data]")
    .option("--redis <url>", "publish on this Redis: redis://[user:password@]host[:port]")
    .option("--gateway <url>", "publish through this gateway: http://host:port")
    .option("--stream", "append to a stream (XADD) instead of PUBLISH")
    .option("--user <id>", "reach every connection of one user, instead of a channel")
    .option("--every <time>", 'repeat, such as "10s", "500ms", "1m"')
    .option("--count <number>", "how many times in all")
    .option("--json", "print one JSON object for each message")
    .addHelpText("after", AFTER_HELP);
  return parseCommand<Arguments>(command, argv);
}
