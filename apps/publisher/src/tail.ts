#!/usr/bin/env node
/** `tail`: follows a channel and prints its messages as they arrive. */
import { MAX_HISTORY_LIMIT } from "@tidewire/protocol";
import { Command } from "commander";
import { follow, type FollowRequest, type News } from "./follow.ts";
import { type Form, FORM_HELP, lineOf } from "./message.ts";
import { parseCommand } from "./parse-command.ts";
import { addReadingOptions, checkPosition, type ReadingOptions, readReading, readWhole } from "./reading.ts";
import { complain, endWithReader, EXIT_FAILED, interrupted, print, remark } from "./terminal.ts";

/** Twice the longest time between two heartbeats of a gateway. */
const SILENCE_MS = 50_000;

const MAX_COUNT = 999_999_999;

interface Options extends ReadingOptions {
  count: string;
  last: string;
  since: string;
}

interface Plan {
  readonly request: FollowRequest;
  readonly form: Form;
  readonly count: number;
}

const AFTER_HELP = `${FORM_HELP}

When the gateway goes away, it is tried again until it is back, which the error output says. On a channel that
is kept nothing is lost or repeated by that; otherwise, and when a gap is announced, messages may be missing.

Environment: API_KEY, for a gateway that wants one.

Examples:
  tail channel                          until Ctrl-C
  tail orders --last 10 --positions
  tail orders --since POSITION          what came after that message, and on
  tail channel --count 1                waits for one message

Exit codes: 0 stopped or counted out, 1 failed, 2 wrong usage.
`;

async function main(): Promise<number> {
  const command = addReadingOptions(new Command("tail"))
    .description("Follows a channel and prints its messages as they arrive.")
    .usage("[options] <channel>")
    .option("--last <number>", `begin with the newest that are kept, up to ${MAX_HISTORY_LIMIT}`)
    .option("--since <position>", "begin with what came after this position")
    .option("--count <number>", "end after so many messages")
    .addHelpText("after", AFTER_HELP);
  const { text, words, options, ...parsed } = parseCommand<Options>(command, process.argv.slice(2));
  if (text !== undefined) {
    process.stdout.write(text);
    return 0;
  }
  const faults = [...parsed.faults];
  const { channel, gateway, form } = readReading(words, options, process.env, faults);
  const { since } = options;
  checkPosition("--since", since, faults);
  const last = readWhole(options.last, { flag: "--last", min: 0, max: MAX_HISTORY_LIMIT }, faults);
  if (since !== undefined && last !== undefined) faults.push("name --since or --last, not both");
  const count = readWhole(options.count, { flag: "--count", min: 1, max: MAX_COUNT }, faults);
  if (faults.length > 0) return complain("tail", faults);
  return tail({ request: { channel, gateway, since, last }, form, count: count ?? Number.POSITIVE_INFINITY });
}

async function tail({ request, form, count }: Plan): Promise<number> {
  const stop = interrupted();
  let printed = 0;
  for await (const news of follow(request, { stop, silenceMs: SILENCE_MS, random: Math.random })) {
    if (news.kind !== "message") {
      await remark(`tail: ${noticeOf(news)}`, stop);
      if (news.kind === "failed") return EXIT_FAILED;
      continue;
    }
    await print(lineOf(news.message, form), stop);
    printed += 1;
    if (printed === count) break;
  }
  return 0;
}

function noticeOf(news: Exclude<News, { kind: "message" }>): string {
  switch (news.kind) {
    case "gap":
      return "gap: messages may be missing here";
    case "lost":
      return `lost the gateway, trying again (${news.reason})`;
    case "back":
      return news.isKept
        ? "the gateway is back"
        : "the gateway is back; what was published meanwhile is missing here";
    case "failed":
      return news.reason;
    default:
      return news satisfies never;
  }
}

endWithReader();
process.exitCode = await main();
