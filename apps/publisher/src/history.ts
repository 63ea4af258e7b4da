#!/usr/bin/env node
/** `history`: prints what is kept of a stream channel, the oldest message first. */
import { DEFAULT_HISTORY_LIMIT, MAX_HISTORY_LIMIT } from "@tidewire/protocol";
import { Command } from "commander";
import { DEFAULT_GATEWAY, GATEWAY_TIMEOUT_MS } from "./gateway.ts";
import { fetchPage, type Page, type PageRequest } from "./history-page.ts";
import { FORM_HELP, lineOf } from "./message.ts";
import { parseCommand } from "./parse-command.ts";
import {
  addReadingOptions,
  checkPosition,
  type Reading,
  type ReadingOptions,
  readReading,
  readWhole,
} from "./reading.ts";
import { complain, endWithReader, EXIT_FAILED, print, remark } from "./terminal.ts";

interface Options extends ReadingOptions {
  limit: string;
  since: string;
  before: string;
}

const AFTER_HELP = `${FORM_HELP}

When there is more, or something is missing, a line on the error output says so, with the command to go on;
with --json that line is JSON, too.

Environment: API_KEY, for a gateway that wants one.

Examples:
  history orders                        the newest ${DEFAULT_HISTORY_LIMIT}
  history orders --limit 10 --positions
  history orders --since POSITION       what came after that message

Exit codes: 0 printed, 1 failed, 2 wrong usage.
`;

async function main(): Promise<number> {
  const command = addReadingOptions(new Command("history"))
    .description("Prints what a gateway keeps of a channel, the oldest message first.")
    .usage("[options] <channel>")
    .option(
      "--limit <number>",
      `at most so many, up to ${MAX_HISTORY_LIMIT} (default: ${DEFAULT_HISTORY_LIMIT})`,
    )
    .option("--since <position>", "what came after this position, instead of the newest")
    .option("--before <position>", "the newest before this position")
    .addHelpText("after", AFTER_HELP);
  const { text, words, options, ...parsed } = parseCommand<Options>(command, process.argv.slice(2));
  if (text !== undefined) {
    process.stdout.write(text);
    return 0;
  }
  const faults = [...parsed.faults];
  const reading = readReading(words, options, process.env, faults);
  const { since, before } = options;
  checkPosition("--since", since, faults);
  checkPosition("--before", before, faults);
  if (since !== undefined && before !== undefined) faults.push("name --since or --before, not both");
  const bounds = { flag: "--limit", min: 1, max: MAX_HISTORY_LIMIT };
  const limit = readWhole(options.limit, bounds, faults) ?? DEFAULT_HISTORY_LIMIT;
  if (faults.length > 0) return complain("history", faults);
  return show(reading, { channel: reading.channel, since, before, limit });
}

async function show(reading: Reading, request: PageRequest): Promise<number> {
  const result = await fetchPage(reading.gateway, request, AbortSignal.timeout(GATEWAY_TIMEOUT_MS));
  if (!result.ok) {
    process.stderr.write(`history: ${result.reason}\n`);
    return EXIT_FAILED;
  }
  const { page } = result;
  for (const message of page.messages) await print(lineOf(message, reading.form));
  const words = remarksOn(page, request);
  if (words.length === 0) return 0;
  const next = commandAfter(page, request, reading);
  const { complete, more } = page;
  const note = reading.form.isJson
    ? JSON.stringify({ complete, more, next })
    : `history: ${words.join("; ")}; go on with: ${next}`;
  await remark(note);
  return 0;
}

function remarksOn({ complete, more }: Page, { since, before }: PageRequest): string[] {
  const remarks: string[] = [];
  if (!complete && since !== undefined) remarks.push("messages may be missing after the position");
  if (!complete && before !== undefined) remarks.push("the channel may have begun anew since the position");
  if (more) remarks.push(since === undefined ? "there are older messages" : "there is more");
  return remarks;
}

/** Goes on in the direction that was asked for. */
function commandAfter(
  { messages, position }: Page,
  request: PageRequest,
  { gateway, form }: Reading,
): string {
  const { channel, since, before, limit } = request;
  const place =
    since === undefined
      ? ["--before", messages[0]?.position ?? before ?? position]
      : ["--since", messages.at(-1)?.position ?? position];
  const words = [
    ...place,
    ...(limit === DEFAULT_HISTORY_LIMIT ? [] : ["--limit", String(limit)]),
    ...(gateway.url.href === DEFAULT_GATEWAY.href ? [] : ["--gateway", gateway.url.href]),
    ...(form.hasPositions ? ["--positions"] : []),
    ...(form.isJson ? ["--json"] : []),
    // A name that begins with a dash would be taken for an option.
    ...(channel.startsWith("-") ? ["--", channel] : [channel]),
  ];
  return ["history", ...words.map(quoted)].join(" ");
}

/** As one word of a shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

endWithReader();
process.exitCode = await main();
