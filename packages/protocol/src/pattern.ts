/** Channel patterns: which names a rule is for, and which of several rules counts. */
import { channelFault } from "./channel.ts";

/**
 * Says why `pattern` can't be one, as a sentence for the one who chose it, or `undefined` when it can.
 *
 * A pattern is the name of a channel, or the beginning of names followed by `*`, which stands for one character or more;
 * `*` alone stands for every channel.
 */
export function patternFault(pattern: string): string | undefined {
  if (pattern === "*") return undefined;
  const beginning = pattern.endsWith("*") ? pattern.slice(0, -1) : pattern;
  if (beginning.includes("*")) return "A pattern has one * at most, and it stands at the end.";
  return channelFault(beginning);
}

export function matchesPattern(pattern: string, channel: string): boolean {
  if (!pattern.endsWith("*")) return pattern === channel;
  return channel.length >= pattern.length && channel.startsWith(pattern.slice(0, -1));
}

/**
 * Finds what belongs to a channel: the value of the most exact pattern that matches it. A name is more exact than any
 * pattern with `*`, and of those the longest is the most exact.
 */
export class PatternMap<Value> {
  readonly #exact: ReadonlyMap<string, Value>;
  readonly #open: readonly (readonly [pattern: string, value: Value])[];

  constructor(entries: Iterable<readonly [pattern: string, value: Value]>) {
    const all = [...entries];
    this.#exact = new Map(all.filter(([pattern]) => !pattern.endsWith("*")));
    this.#open = all.filter(([pattern]) => pattern.endsWith("*")).toSorted(([a], [b]) => b.length - a.length);
  }

  get(channel: string): Value | undefined {
    return this.#exact.get(channel) ?? this.#open.find(([pattern]) => matchesPattern(pattern, channel))?.[1];
  }
}
