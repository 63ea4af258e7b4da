/** What the oracle found against a promise, and what it counts besides. */

/** Each is a broken promise. */
export const FAULT_KINDS = [
  /** Published, and neither given to a reader nor announced as missing. */
  "lost in silence",
  /** Given twice. */
  "duplicated",
  /** Given after what it came before. */
  "reordered",
  /** Given though it was never published, was refused, or is not what is at its position. */
  "phantom",
  /** Missing right behind an answer that said nothing is. */
  "false complete",
  /** Acknowledged, and gone from a stream that loses nothing. */
  "acknowledged and gone",
  /** A gap was told where nothing can have been lost. */
  "needless gap",
] as const;

export type FindingKind = (typeof FAULT_KINDS)[number];

export interface Finding {
  readonly kind: FindingKind;
  /** Who was told wrong, and about what. */
  readonly text: string;
}

export interface Judgement {
  readonly findings: readonly Finding[];
  /** Messages that were lost and announced: no fault, as long as the fault that was played may lose. */
  readonly announced: number;
}

export function joined(judgements: readonly Judgement[]): Judgement {
  return {
    findings: judgements.flatMap(({ findings }) => findings),
    announced: judgements.reduce((sum, { announced }) => sum + announced, 0),
  };
}
