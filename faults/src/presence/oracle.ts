/** Judges who was told as there against who was. */
import { absencesOf } from "./absences.ts";
import type { InfoState, ObserverLog, PresenceEvidence, Shown, Span } from "./evidence.ts";
import type { PresenceFinding, PresenceKind } from "./finding.ts";
import { type Departure, Roster } from "./roster.ts";

const NOTHING_SAID: InfoState = { acknowledged: 0, open: new Set() };
/** So long after it came a member must be in every list. */
const SETTLED_MS = 3_000;

export interface PresenceVerdict {
  readonly findings: readonly PresenceFinding[];
  /** For each observer and each that did not come back: from the loss of its gateway to `left`, in milliseconds. */
  readonly leftAfterMs: readonly number[];
  /** Notices of members that joined, left or were updated, over all observers. */
  readonly notices: number;
}

export function judgePresence(evidence: PresenceEvidence): PresenceVerdict {
  const there = thereAtEnd(evidence);
  const judge = new Judge(evidence);
  const verdicts = evidence.observers.map((observer) => judge.observer(observer, there));
  const answers = evidence.answers.flatMap(({ gateway, members }) =>
    differences(`gateway ${gateway}`, members, there, evidence.infos),
  );
  return {
    findings: [...verdicts.flatMap(({ findings }) => findings), ...answers],
    leftAfterMs: verdicts.flatMap(({ leftAfterMs }) => leftAfterMs),
    notices: verdicts.reduce((sum, { notices }) => sum + notices, 0),
  };
}

/** Who has a socket open. */
export function thereAtEnd({ stays }: Pick<PresenceEvidence, "stays">): Set<string> {
  return new Set(stays.filter(({ toMs }) => toMs === Number.POSITIVE_INFINITY).map(({ member }) => member));
}

/** What is wrong with what somebody knows at the end. */
export function differences(
  who: string,
  shown: Shown,
  there: ReadonlySet<string>,
  infos: ReadonlyMap<string, InfoState>,
): PresenceFinding[] {
  const finding = (kind: PresenceKind, text: string) => ({ kind, text: `${who}: ${text}` });
  const findings = [...there].filter((each) => !shown.has(each)).map((each) => finding("missing", each));
  for (const [member, info] of shown) {
    if (!there.has(member)) {
      findings.push(finding("ghost", member));
      continue;
    }
    const { acknowledged, open } = infos.get(member) ?? NOTHING_SAID;
    if (info !== acknowledged && !open.has(info))
      findings.push(finding("stale info", `${member} with ${info} in place of ${acknowledged}`));
  }
  return findings;
}

class Judge {
  readonly #evidence: PresenceEvidence;
  readonly #absences: ReadonlyMap<string, readonly Span[]>;
  readonly #firstMs: ReadonlyMap<string, number>;

  constructor(evidence: PresenceEvidence) {
    this.#evidence = evidence;
    this.#absences = absencesOf(evidence);
    const stays = Map.groupBy(evidence.stays, ({ member }) => member);
    this.#firstMs = new Map(
      Array.from(stays, ([member, each]) => [member, Math.min(...each.map(({ fromMs }) => fromMs))]),
    );
  }

  observer({ name, seen }: ObserverLog, there: ReadonlySet<string>): PresenceVerdict {
    const roster = new Roster();
    for (const each of seen) roster.take(each);
    const { departures, faults } = roster;
    const findings: PresenceFinding[] = [
      ...faults.map((text) => ({ kind: "double notice" as const, text: `${name}: ${text}` })),
      ...this.#falseLeaves(name, departures),
      ...this.#leftAgain(name, departures),
      ...differences(name, roster.members ?? new Map<string, number>(), there, this.#evidence.infos),
    ];
    const notices = seen.reduce((sum, each) => sum + countIn(each), 0);
    return { findings, leftAfterMs: this.#leftAfter(departures), notices };
  }

  /** Each departure needs an absence: one that goes on, or one of its own that had begun before. */
  #falseLeaves(name: string, departures: readonly Departure[]): PresenceFinding[] {
    const used = new Map<string, number>();
    const findings: PresenceFinding[] = [];
    for (const departure of departures) {
      const { member, atMs, isTold } = departure;
      const firstMs = this.#firstMs.get(member);
      // A connection that was given up before it had its answer: its name is known to nobody.
      if (firstMs === undefined) continue;
      const excuses = (this.#absences.get(member) ?? []).filter(({ fromMs }) => fromMs <= atMs);
      const count = used.get(member) ?? 0;
      // A Redis that has gone back shows it as there again, until it knows better.
      if (excuses.some(({ toMs }) => atMs < toMs)) continue;
      if (count < excuses.length) {
        used.set(member, count + 1);
        continue;
      }
      // It may have come so lately that a list does not have it yet.
      if (!isTold && atMs - firstMs < SETTLED_MS) continue;
      const how = isTold ? "was told as left" : "is missing in a new list";
      findings.push({ kind: "false leave", text: `${name}: ${member} ${how} at ${Math.round(atMs)} ms` });
    }
    return findings;
  }

  #leftAgain(name: string, departures: readonly Departure[]): PresenceFinding[] {
    return this.#evidence.gone
      .map(({ member, atMs }) => ({ member, count: after(departures, member, atMs).length }))
      .filter(({ count }) => count > 1)
      .map(({ member, count }) => ({ kind: "left again", text: `${name}: ${member} left ${count} times` }));
  }

  #leftAfter(departures: readonly Departure[]): number[] {
    return this.#evidence.gone.flatMap(({ member, atMs }) => {
      const told = after(departures, member, atMs).find(({ isTold }) => isTold);
      return told ? [told.atMs - atMs] : [];
    });
  }
}

function after(departures: readonly Departure[], member: string, fromMs: number): Departure[] {
  return departures.filter((each) => each.member === member && each.atMs >= fromMs);
}

function countIn(seen: ObserverLog["seen"][number]): number {
  return seen.kind === "changes" ? seen.joined.size + seen.updated.size + seen.left.length : 0;
}
