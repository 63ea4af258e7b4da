/**
 * Judges one reader of a stream channel by the stream itself.
 *
 * Within a stretch without notices each message must be the one right behind the message before it in the stream.
 */
import { compareIds } from "@tidewire/broker";
import type { Finding, FindingKind, Judgement } from "./finding.ts";
import { isAnnounced } from "./neighbours.ts";
import type { Ledger } from "./publication.ts";
import type { ReaderRecord, RecordedEvent } from "./record.ts";
import type { StreamTruth } from "./stream-truth.ts";

export interface StreamCase {
  readonly record: ReaderRecord;
  readonly truth: StreamTruth;
  readonly ledger: Ledger;
  /** Whether what was played may take nothing from a stream: then no gap may be told either. */
  readonly isLossless: boolean;
}

type Message = Extract<RecordedEvent, { readonly kind: "message" }>;

export function judgeStream(one: StreamCase): Judgement {
  return new StreamJudge(one).judge();
}

class StreamJudge {
  readonly #case: StreamCase;
  readonly #findings: Finding[] = [];
  #announced = 0;
  /** Behind which entry the reader is; nothing after a notice. */
  #at: string | undefined;
  /** Where it was before the last notice. */
  #before: string | undefined;
  #hasClaim = false;
  #stretch = 0;
  readonly #ids = new Set<string>();
  readonly #entries = new Set<string>();
  /** In which stretch each was given. */
  readonly #marks = new Map<string, number>();

  constructor(one: StreamCase) {
    this.#case = one;
  }

  judge(): Judgement {
    const { record, isLossless } = this.#case;
    for (const event of record.events) {
      switch (event.kind) {
        case "begun":
          this.#at = event.id;
          break;
        case "complete":
          this.#hasClaim = true;
          break;
        case "notice":
          this.#break();
          if (isLossless && event.why === "gap") this.#find("needless gap", event.detail);
          break;
        case "message":
          this.#take(event);
          break;
        default:
          event satisfies never;
      }
    }
    this.#judgeGone();
    return { findings: this.#findings, announced: this.#announced };
  }

  #break(): void {
    this.#before = this.#at ?? this.#before;
    this.#at = undefined;
    this.#hasClaim = false;
    this.#stretch += 1;
  }

  #take(message: Message): void {
    const { truth } = this.#case;
    const { mark } = message;
    const id = message.id ?? truth.idOf(mark, this.#at);
    if (id === undefined || this.#isPhantom(message, id)) return this.#find("phantom", mark);
    if (this.#isRepeated(mark, id)) return this.#find("duplicated", mark);
    this.#marks.set(mark, this.#stretch);
    this.#ids.add(id);
    this.#entries.add(`${id} ${mark}`);
    if (this.#at !== undefined && compareIds(id, this.#at) < 0) return this.#find("reordered", mark);
    this.#judgeMissing(id);
    this.#at = id;
    // All that a probe is given was there when it was answered, so the answer was about all of it.
    if (this.#case.record.kind !== "probe") this.#hasClaim = false;
  }

  #judgeMissing(id: string): void {
    const { truth } = this.#case;
    const from = this.#at ?? this.#before;
    if (from === undefined) return;
    const missing = truth.between(from, id).filter((each) => !this.#ids.has(each));
    if (this.#at === undefined) {
      this.#announced += missing.length;
      this.#before = undefined;
      return;
    }
    const kind = this.#hasClaim ? "false complete" : "lost in silence";
    for (const each of missing) this.#find(kind, `${truth.marksAt(each)} at ${each}, before ${id}`);
  }

  // Its publisher sent it again because it got no answer: on either side of a loss it can be there twice.
  #isRepeated(mark: string, id: string): boolean {
    if (this.#entries.has(`${id} ${mark}`)) return true;
    const stretch = this.#marks.get(mark);
    if (stretch === undefined) return false;
    return stretch === this.#stretch || this.#case.ledger.find(mark)?.mayRepeat !== true;
  }

  #isPhantom({ mark }: Message, id: string): boolean {
    const { ledger, truth, record, isLossless } = this.#case;
    const publication = ledger.find(mark);
    if (!publication || publication.channel !== record.channel || publication.fate === "refused") return true;
    const isElsewhere = truth.isElsewhere(mark, id) && !publication.mayRepeat;
    return isElsewhere || (isLossless && !truth.isThere(mark, id));
  }

  /** What was acknowledged without a position, and is in no stream and no record. */
  #judgeGone(): void {
    const { ledger, truth, record } = this.#case;
    if (record.kind === "probe") return;
    const begun = record.events.find(({ kind }) => kind === "begun");
    const sinceMs = begun?.kind === "begun" ? begun.atMs : Number.POSITIVE_INFINITY;
    for (const publication of ledger.of(record.channel)) {
      const { mark, fate, sentAtMs } = publication;
      if (fate !== "acknowledged" || sentAtMs < sinceMs || truth.isKnown(mark)) continue;
      if (isAnnounced(record, publication, ledger)) this.#announced += 1;
      else this.#find("lost in silence", `${publication.mark}, which is gone`);
    }
  }

  #find(kind: FindingKind, text: string): void {
    this.#findings.push({ kind, text: `${this.#case.record.name}: ${text}` });
  }
}
