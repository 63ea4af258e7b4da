/** What the commands that read from a gateway are told alike: the channel, the gateway, and how lines look. */
import { channelFault, MAX_POSITION_LENGTH } from "@tidewire/protocol";
import type { Command } from "commander";
import { DEFAULT_GATEWAY, type Environment, type Gateway, readApiKey, readGatewayUrl } from "./gateway.ts";
import type { Form } from "./message.ts";

export interface Reading {
  readonly channel: string;
  readonly gateway: Gateway;
  readonly form: Form;
}

export interface ReadingOptions {
  gateway: string;
  json: boolean;
  positions: boolean;
}

export function addReadingOptions(command: Command): Command {
  return command
    .option("--gateway <url>", "read from this gateway (default: http://127.0.0.1:1234)")
    .option("--positions", "print the position and a tab before each message")
    .option("--json", "print one JSON object for each message");
}

export function readReading(
  words: readonly string[],
  options: Partial<ReadingOptions>,
  env: Environment,
  faults: string[],
): Reading {
  const [channel, ...rest] = words;
  const fault = channel === undefined ? "name a channel" : channelFault(channel);
  if (fault) faults.push(fault);
  if (rest.length > 0) faults.push("too many arguments: name one channel");
  const url = options.gateway ? readGatewayUrl(options.gateway, faults) : DEFAULT_GATEWAY;
  return {
    channel: channel ?? "",
    gateway: { url, apiKey: readApiKey(env, faults) },
    form: { isJson: options.json ?? false, hasPositions: options.positions ?? false },
  };
}

/** Whether a text can be a position; what it says only the gateway knows. */
export function isPosition(text: string): boolean {
  return text.length <= MAX_POSITION_LENGTH && /^[!-~]+$/.test(text);
}

/** Notes a fault of an option's position. */
export function checkPosition(flag: string, text: string | undefined, faults: string[]): void {
  if (text !== undefined && !isPosition(text)) faults.push(`${flag} must be a position that was printed`);
}

/** The whole number of an option, within bounds. */
export function readWhole(
  text: string | undefined,
  { flag, min, max }: { readonly flag: string; readonly min: number; readonly max: number },
  faults: string[],
): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= min && number <= max)) faults.push(`${flag} must be a whole number from ${min} to ${max}`);
  return number;
}
