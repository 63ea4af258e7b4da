/** What rounds came to, as a table in Markdown and as JSON; and how each that failed is played again. */
import { FAULT_KINDS } from "./finding.ts";
import { isGood, isPlayed, type Outcome, type Row, rowsOf } from "./statistics.ts";

const MAX_FINDINGS = 20;
const NOTHING = "–";

export function replayCommand({ seed, fault, hasDefaultLimits }: Outcome): string {
  return `pnpm test:faults --only ${fault} --seed ${seed}${hasDefaultLimits ? " --default-limits" : ""}`;
}

export function toMarkdown(outcomes: readonly Outcome[]): string {
  const heads = [
    "fault",
    "Redis",
    "rounds",
    "published",
    "delivered",
    ...FAULT_KINDS,
    "announced",
    "acknowledged, gone",
    "live again: p50 ms",
    "p99",
    "max",
  ];
  const lines = [
    heads,
    heads.map((_, index) => (index < 2 ? "---" : "---:")),
    ...rowsOf(outcomes).map(cells),
  ];
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function cells({ liveAgainMs, ...row }: Row): string[] {
  const { fault, persistence, rounds, failures, publications, deliveries, counts } = row;
  const times = liveAgainMs
    ? [liveAgainMs.p50, liveAgainMs.p99, liveAgainMs.max]
    : [NOTHING, NOTHING, NOTHING];
  return [
    fault,
    persistence || NOTHING,
    failures > 0 ? `${rounds} (${failures} broken off)` : String(rounds),
    publications,
    deliveries,
    ...FAULT_KINDS.map((kind) => counts[kind]),
    row.announced,
    row.acknowledgedAndGone,
    ...times,
  ].map(String);
}

/** For each round that failed: what was found, and the command that plays it again. */
export function failuresOf(outcomes: readonly Outcome[]): string {
  return outcomes
    .filter((outcome) => !isGood(outcome))
    .map((outcome) => {
      const texts = isPlayed(outcome) ? describe(outcome.verdict.findings) : [outcome.failure];
      const lines = texts.map((text) => `  ${text}`);
      return [`${outcome.fault}, seed ${outcome.seed}: ${replayCommand(outcome)}`, ...lines].join("\n");
    })
    .join("\n");
}

export function describe(findings: readonly { readonly kind: string; readonly text: string }[]): string[] {
  const shown = findings.slice(0, MAX_FINDINGS).map(({ kind, text }) => `${kind}: ${text}`);
  const more = findings.length - shown.length;
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}

export function toJson(outcomes: readonly Outcome[]): string {
  return `${JSON.stringify({ rows: rowsOf(outcomes), rounds: outcomes }, undefined, 2)}\n`;
}
