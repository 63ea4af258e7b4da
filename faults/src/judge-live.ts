/** Judges one reader of a live channel by what was acknowledged, and by what others were given. */
import type { Finding, FindingKind, Judgement } from "./finding.ts";
import { isAnnounced, reorderedIn } from "./neighbours.ts";
import type { Ledger, Publication } from "./publication.ts";
import { isSentinel, type ReaderRecord } from "./record.ts";

export interface LiveCase {
  readonly record: ReaderRecord;
  /** Of the channel, this one too. */
  readonly records: readonly ReaderRecord[];
  readonly ledger: Ledger;
}

export function judgeLive({ record, records, ledger }: LiveCase): Judgement {
  const findings: Finding[] = [];
  const find = (kind: FindingKind, text: string) => findings.push({ kind, text: `${record.name}: ${text}` });
  for (const mark of phantomsIn(record, ledger)) find("phantom", mark);
  for (const mark of duplicatesIn(record, ledger)) find("duplicated", mark);
  for (const mark of reorderedIn(marksOf(record), ledger)) find("reordered", mark);
  let announced = 0;
  const witnesses = witnessesOf(record, records);
  for (const publication of missingFrom(record, records, ledger)) {
    if (isAnnounced(record, publication, ledger)) announced += 1;
    else if (witnesses.some((each) => isAnnouncedTo(each, publication, ledger))) announced += 1;
    else find("lost in silence", publication.mark);
  }
  return { findings, announced };
}

/** On one Redis all readers see one order. Marks that may come twice say nothing about it. */
export function judgeOrder(records: readonly ReaderRecord[], ledger: Ledger): Judgement {
  const sure = (record: ReaderRecord) => marksOf(record).filter((mark) => !ledger.find(mark)?.mayRepeat);
  const longest = records.map(sure).toSorted((a, b) => b.length - a.length)[0] ?? [];
  const places = new Map(longest.map((mark, index) => [mark, index]));
  const findings: Finding[] = [];
  for (const record of records) {
    let last = -1;
    for (const mark of sure(record)) {
      const place = places.get(mark);
      if (place === undefined) continue;
      if (place < last) findings.push({ kind: "reordered", text: `${record.name}: ${mark}, unlike others` });
      last = Math.max(last, place);
    }
  }
  return { findings, announced: 0 };
}

function marksOf({ events }: ReaderRecord): string[] {
  return events.flatMap((event) => (event.kind === "message" ? [event.mark] : []));
}

function phantomsIn(record: ReaderRecord, ledger: Ledger): string[] {
  return marksOf(record).filter((mark) => {
    const publication = ledger.find(mark);
    return !publication || publication.channel !== record.channel || publication.fate === "refused";
  });
}

/** One that its publisher sent again may come twice where a notice lies in between: Redis may have forgotten its key. */
function duplicatesIn(record: ReaderRecord, ledger: Ledger): string[] {
  const stretches = new Map<string, number>();
  const duplicates: string[] = [];
  let stretch = 0;
  for (const event of record.events) {
    if (event.kind === "notice") stretch += 1;
    if (event.kind !== "message") continue;
    const { mark } = event;
    const before = stretches.get(mark);
    if (before === stretch || (before !== undefined && ledger.find(mark)?.mayRepeat !== true))
      duplicates.push(mark);
    stretches.set(mark, stretch);
  }
  return duplicates;
}

/** Acknowledged, or given to somebody, since this one is subscribed, and not given to it. */
function missingFrom(
  record: ReaderRecord,
  records: readonly ReaderRecord[],
  ledger: Ledger,
): readonly Publication[] {
  const own = new Set(marksOf(record));
  const others = new Set(records.flatMap(marksOf));
  const begun = record.events.find((event) => event.kind === "begun");
  const sinceMs = begun?.atMs ?? Number.POSITIVE_INFINITY;
  return ledger
    .of(record.channel)
    .filter(({ sentAtMs }) => sentAtMs >= sinceMs)
    .filter(({ mark, fate }) => !own.has(mark) && (fate === "acknowledged" || others.has(mark)))
    .filter(({ mark }) => !isSentinel(mark));
}

/**
 * A plain reader of a live channel is promised no word about a gateway that was cut off from Redis. Its neighbours that
 * speak v1 are told, so that what they were told of is no silent loss of the gateway.
 */
function witnessesOf(record: ReaderRecord, records: readonly ReaderRecord[]): readonly ReaderRecord[] {
  if (record.kind !== "plain") return [];
  return records.filter(({ kind, front }) => kind === "v1" && front === record.front);
}

function isAnnouncedTo(witness: ReaderRecord, publication: Publication, ledger: Ledger): boolean {
  const has = witness.events.some((event) => event.kind === "message" && event.mark === publication.mark);
  return !has && isAnnounced(witness, publication, ledger);
}
