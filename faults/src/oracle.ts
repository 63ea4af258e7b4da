/** Judges a round: everything that was published, against everything that every reader was given and told. */
import { type Finding, type Judgement, joined } from "./finding.ts";
import { judgeLive, judgeOrder } from "./judge-live.ts";
import { judgeStream } from "./judge-stream.ts";
import { reorderedIn } from "./neighbours.ts";
import type { Ledger } from "./publication.ts";
import type { ReaderRecord } from "./record.ts";
import { type StreamEntry, StreamTruth } from "./stream-truth.ts";

export interface Evidence {
  readonly ledger: Ledger;
  readonly records: readonly ReaderRecord[];
  /** What is in each stream at the end, by channel; a channel that is not there is live. */
  readonly streams: ReadonlyMap<string, readonly StreamEntry[]>;
  /** Whether what was played may take nothing from streams. */
  readonly isLossless: boolean;
}

export interface Verdict extends Judgement {
  /** Publications on stream channels that were acknowledged, and are not in their stream at the end. */
  readonly acknowledgedAndGone: number;
}

export function judge(evidence: Evidence): Verdict {
  const channels = [...new Set(evidence.ledger.all.map(({ channel }) => channel))];
  const verdicts = channels.map((channel) => judgeChannel(channel, evidence));
  const acknowledgedAndGone = verdicts.reduce((sum, each) => sum + each.acknowledgedAndGone, 0);
  return { ...joined(verdicts), acknowledgedAndGone };
}

function judgeChannel(channel: string, evidence: Evidence): Verdict {
  const { ledger, streams } = evidence;
  const records = evidence.records.filter((record) => record.channel === channel);
  const entries = streams.get(channel);
  if (entries) return judgeStreamChannel(channel, entries, evidence);
  const judgements = records.map((record) => judgeLive({ record, records, ledger }));
  return { ...joined([...judgements, judgeOrder(records, ledger)]), acknowledgedAndGone: 0 };
}

function judgeStreamChannel(channel: string, entries: readonly StreamEntry[], evidence: Evidence): Verdict {
  const { ledger, isLossless } = evidence;
  const records = evidence.records.filter((record) => record.channel === channel);
  const truth = new StreamTruth(entries, records, ledger.of(channel));
  const judgements = records.map((record) => judgeStream({ record, truth, ledger, isLossless }));
  const marks = new Set(entries.map(({ mark }) => mark));
  const gone = ledger.of(channel).filter(({ mark, fate }) => fate === "acknowledged" && !marks.has(mark));
  const findings: Finding[] = [
    ...judgeEntries(channel, entries, ledger),
    ...gone
      .filter(() => isLossless)
      .map(({ mark }) => ({ kind: "acknowledged and gone" as const, text: mark })),
  ];
  return { ...joined([...judgements, { findings, announced: 0 }]), acknowledgedAndGone: gone.length };
}

/** The stream itself must hold each publication once, and those of a publisher in their order. */
function judgeEntries(channel: string, entries: readonly StreamEntry[], ledger: Ledger): Finding[] {
  const marks = entries.map(({ mark }) => mark);
  const seen = new Set<string>();
  const findings: Finding[] = [];
  for (const mark of marks) {
    if (seen.has(mark)) findings.push({ kind: "duplicated", text: `the stream ${channel}: ${mark}` });
    seen.add(mark);
    if (ledger.find(mark)?.fate === "refused")
      findings.push({ kind: "phantom", text: `the stream ${channel}: ${mark}, which was refused` });
  }
  const late = reorderedIn(marks, ledger);
  return [
    ...findings,
    ...late.map((mark) => ({ kind: "reordered" as const, text: `the stream ${channel}: ${mark}` })),
  ];
}
