/** What the oracle of presence found against a promise. */

export const PRESENCE_KINDS = [
  /** Shown at the end, and no socket of it is open. */
  "ghost",
  /** A socket of it is open, and it is not shown at the end. */
  "missing",
  /** Told as joined though it was there, as left or updated though it was not, or with a wrong number of members. */
  "double notice",
  /** Told as left, or not there any more, though it was there all the time or came back in time. */
  "false leave",
  /** It did not come back after it had lost its gateway, and left more than once. */
  "left again",
  /** At the end an older info is shown than the newest that was acknowledged. */
  "stale info",
] as const;

export type PresenceKind = (typeof PRESENCE_KINDS)[number];

export interface PresenceFinding {
  readonly kind: PresenceKind;
  /** Who was told wrong, and about whom. */
  readonly text: string;
}
