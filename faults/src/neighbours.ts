/**
 * Where in a record a publication that is missing would have stood, reckoned from others of its publisher.
 *
 * A publication that was acknowledged comes before all that its publisher sent later; one whose fate is unknown may
 * come at any later time.
 */
import type { Ledger, Publication } from "./publication.ts";
import type { ReaderRecord } from "./record.ts";

/** Whether the reader was told that something may be missing in the stretch in which the publication belongs. */
export function isAnnounced(record: ReaderRecord, missing: Publication, ledger: Ledger): boolean {
  const { lower, upper } = stretchOf(record, missing, ledger);
  return record.events.slice(lower + 1, upper).some(({ kind }) => kind === "notice");
}

function stretchOf(record: ReaderRecord, missing: Publication, ledger: Ledger) {
  let lower = -1;
  let upper = record.events.length;
  for (const [index, event] of record.events.entries()) {
    if (event.kind !== "message") continue;
    const heard = ledger.find(event.mark);
    if (heard?.publisher !== missing.publisher || heard.fate !== "acknowledged") continue;
    if (heard.number < missing.number) lower = index;
    else if (missing.fate === "acknowledged") upper = Math.min(upper, index);
  }
  return { lower, upper };
}

/** Messages of which a publisher's later one came before an acknowledged earlier one. */
export function reorderedIn(marks: Iterable<string>, ledger: Ledger): string[] {
  const greatest = new Map<string, number>();
  const reordered: string[] = [];
  for (const mark of marks) {
    const publication = ledger.find(mark);
    if (!publication) continue;
    const { publisher, number, fate } = publication;
    const before = greatest.get(publisher) ?? 0;
    if (number < before && fate === "acknowledged") reordered.push(mark);
    greatest.set(publisher, Math.max(before, number));
  }
  return reordered;
}
