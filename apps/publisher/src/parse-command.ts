/** Runs a command line through commander, and gives what it found as values: nothing is printed, nothing ends. */
import { type Command, CommanderError } from "commander";
import packageJson from "../package.json" with { type: "json" };

export interface ParsedArguments<Options> {
  /** What is no option, in order. */
  readonly words: readonly string[];
  readonly options: Partial<Options>;
  readonly faults: readonly string[];
  /** Help or version, when that was asked for. */
  readonly text?: string;
}

export function parseCommand<Options extends object>(
  command: Command,
  argv: readonly string[],
): ParsedArguments<Options> {
  let text = "";
  command
    .version(packageJson.version)
    .argument("[words...]")
    .configureHelp({ visibleArguments: () => [] })
    .exitOverride()
    .configureOutput({ writeOut: (part) => (text += part), writeErr: () => {} });
  try {
    command.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { words: [], options: {}, faults: [], text };
    const fault = error.message.replace(/^error: /, "");
    return { words: command.args, options: command.opts<Options>(), faults: [fault] };
  }
  return { words: command.args, options: command.opts<Options>(), faults: [] };
}
