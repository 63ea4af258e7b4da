/**
 * When members were away so that they may be told as left, reckoned from the stays of their connections.
 *
 * The time in which Redis was away for all does not count: nobody is gone by that. Nor does a stay at a gateway count
 * while that could renew no lease.
 */
import type { PresenceEvidence, PresenceTimes, Span, Stay } from "./evidence.ts";

/** What a busy machine may add to an absence that was meant to be shorter, in milliseconds. */
const SLACK_MS = 200;

export type AbsenceEvidence = Pick<PresenceEvidence, "times" | "stays" | "silences" | "outages">;

/** How long a member may be away for sure without being told as left, whatever happened to its gateway. */
export function patienceOf({ leaseMs, leaseRenewMs, graceMs }: PresenceTimes): number {
  return Math.min(graceMs, leaseMs - leaseRenewMs);
}

/** Of each member that was ever there, the absences by which it may be told as left, in order. */
export function absencesOf(evidence: AbsenceEvidence): Map<string, Span[]> {
  const absences = new Map<string, Span[]>();
  for (const [member, stays] of Map.groupBy(evidence.stays, (stay) => stay.member))
    absences.set(member, absencesIn(stays, evidence));
  return absences;
}

function absencesIn(stays: readonly Stay[], evidence: AbsenceEvidence): Span[] {
  const patienceMs = patienceOf(evidence.times) - SLACK_MS;
  const parts = stays
    .flatMap((stay) => audible(stay, evidence))
    .filter(({ fromMs, toMs }) => fromMs < toMs)
    .toSorted((a, b) => a.fromMs - b.fromMs);
  const absences: Span[] = [];
  let endMs = parts[0]?.toMs ?? 0;
  let isExplicit = parts[0]?.isExplicit ?? false;
  const note = (toMs: number) => {
    const absence = { fromMs: endMs, toMs };
    if (isExplicit || lengthOf(absence, evidence.outages) > patienceMs) absences.push(absence);
  };
  for (const part of parts) {
    if (part.fromMs > endMs) note(part.fromMs);
    if (part.toMs >= endMs) ({ toMs: endMs, isExplicit } = part);
  }
  if (endMs !== Number.POSITIVE_INFINITY) note(Number.POSITIVE_INFINITY);
  return absences;
}

/** The stay without the times in which its gateway was silent. */
function audible(stay: Stay, { silences }: AbsenceEvidence): Stay[] {
  let parts: Stay[] = [stay];
  for (const { gateway, fromMs, toMs } of silences) {
    if (gateway !== stay.gateway) continue;
    parts = parts.flatMap((part) => [
      { ...part, toMs: Math.min(part.toMs, fromMs), isExplicit: part.toMs <= fromMs && part.isExplicit },
      { ...part, fromMs: Math.max(part.fromMs, toMs) },
    ]);
  }
  return parts;
}

function lengthOf(absence: Span, outages: readonly Span[]): number {
  const awayMs = outages.reduce((sum, outage) => sum + overlapOf(absence, outage), 0);
  return absence.toMs - absence.fromMs - awayMs;
}

function overlapOf(one: Span, other: Span): number {
  return Math.max(0, Math.min(one.toMs, other.toMs) - Math.max(one.fromMs, other.fromMs));
}
