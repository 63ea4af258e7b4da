/** What rounds of presence came to, as a table in Markdown and as JSON; and how each that failed is played again. */
import { describe } from "../report.ts";
import { type Quantiles, quantiles } from "../statistics.ts";
import { PRESENCE_KINDS } from "./finding.ts";
import type { PresenceRoundResult } from "./round.ts";
import { DEFAULT_MEMBERS, type PresenceSchedule } from "./schedule.ts";

/** What a report needs of a round; one that could not be played to its end has a failure and nothing else. */
export interface PresenceOutcome {
  readonly schedule: PresenceSchedule;
  readonly played?: Omit<PresenceRoundResult, "schedule" | "evidence">;
  readonly failure?: string;
}

const NOTHING = "–";

export function isGoodPresence({ played }: PresenceOutcome): boolean {
  return played !== undefined && played.verdict.findings.length === 0;
}

export function presenceReplay({ seed, fault, members, hasDefaultLimits }: PresenceSchedule): string {
  const size = members === DEFAULT_MEMBERS ? "" : ` --members ${members}`;
  const limits = hasDefaultLimits ? " --default-limits" : "";
  return `pnpm test:faults --presence --only ${fault} --seed ${seed}${size}${limits}`;
}

export function presenceTable(outcomes: readonly PresenceOutcome[]): string {
  const heads = [
    "fault",
    "rounds",
    "members",
    "connections",
    "notices",
    ...PRESENCE_KINDS,
    "did not come back",
  ];
  const all = [...heads, ...headsOf("left after"), ...headsOf("agreed after")];
  const rows = [...Map.groupBy(outcomes, ({ schedule }) => schedule.fault)].map(([fault, each]) =>
    rowOf(fault, each),
  );
  const lines = [all, all.map((_, index) => (index === 0 ? "---" : "---:")), ...rows];
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function headsOf(name: string): string[] {
  return [`${name}: p50 ms`, "max"];
}

function rowOf(fault: string, outcomes: readonly PresenceOutcome[]): string[] {
  const played = outcomes.flatMap(({ played: each }) => (each ? [each] : []));
  const sum = (pick: (each: (typeof played)[number]) => number) =>
    played.reduce((total, each) => total + pick(each), 0);
  const broken = outcomes.length - played.length;
  const findings = played.flatMap(({ verdict }) => verdict.findings);
  const counts = [
    outcomes.reduce((total, { schedule }) => total + schedule.members, 0),
    sum(({ stays }) => stays),
    sum(({ verdict }) => verdict.notices),
    ...PRESENCE_KINDS.map((kind) => findings.filter((each) => each.kind === kind).length),
    sum(({ gone }) => gone),
  ];
  return [
    fault,
    broken > 0 ? `${outcomes.length} (${broken} broken off)` : String(outcomes.length),
    ...counts.map(String),
    ...cells(quantiles(played.flatMap(({ verdict }) => verdict.leftAfterMs))),
    ...cells(quantiles(played.flatMap(({ agreedMs }) => agreedMs ?? []))),
  ];
}

function cells(figures: Quantiles | undefined): string[] {
  return figures ? [String(figures.p50), String(figures.max)] : [NOTHING, NOTHING];
}

/** For each round that failed: what was found, and the command that plays it again. */
export function presenceFailures(outcomes: readonly PresenceOutcome[]): string {
  return outcomes
    .filter((outcome) => !isGoodPresence(outcome))
    .map(({ schedule, played, failure = "" }) => {
      const texts = played ? describe(played.verdict.findings) : [failure];
      const head = `${schedule.fault}, seed ${schedule.seed}: ${presenceReplay(schedule)}`;
      return [head, ...texts.map((text) => `  ${text}`)].join("\n");
    })
    .join("\n");
}
