/** All that the oracle of presence knows: who was there when, and what everybody was told. Times are of one clock, in ms. */

/** How long gateways take for what, in milliseconds. */
export interface PresenceTimes {
  readonly leaseMs: number;
  readonly leaseRenewMs: number;
  readonly graceMs: number;
}

/** One connection's part in a member's being there. */
export interface Stay {
  readonly member: string;
  /** The number of its gateway. */
  readonly gateway: number;
  /** When it was subscribed; at another gateway than the last one, when all gateways knew: infinite before. */
  fromMs: number;
  /** When its socket was closed, or it said that it leaves. Infinite while it is open. */
  toMs: number;
  /** Whether the end has no grace. */
  isExplicit: boolean;
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A gateway could renew no lease. */
export interface Silence extends Span {
  readonly gateway: number;
}

/** The number of a member's info, by member; 0 for none. */
export type Shown = ReadonlyMap<string, number>;

export type Seen =
  /** A new connection. */
  | { readonly kind: "begun"; readonly gateway: number; readonly atMs: number }
  | { readonly kind: "members"; readonly isComplete: boolean; readonly members: Shown; readonly atMs: number }
  | {
      readonly kind: "changes";
      readonly joined: Shown;
      readonly updated: Shown;
      readonly left: readonly string[];
      readonly total: number;
      readonly atMs: number;
    };

export interface ObserverLog {
  readonly name: string;
  readonly seen: readonly Seen[];
}

/** What one gateway answered over HTTP at the end. */
export interface Answer {
  readonly gateway: number;
  readonly members: Shown;
}

/** Numbers of infos. */
export interface InfoState {
  /** The newest that was; 0 for none. */
  readonly acknowledged: number;
  /** Those that were said, and not acknowledged: each may count at any time, or never. */
  readonly open: ReadonlySet<number>;
}

/** Somebody who lost its connection by the fault, and did not come back. */
export interface Gone {
  readonly member: string;
  readonly atMs: number;
}

export interface PresenceEvidence {
  readonly times: PresenceTimes;
  readonly stays: readonly Stay[];
  readonly silences: readonly Silence[];
  /** When Redis was away for all. That is nobody's absence. */
  readonly outages: readonly Span[];
  readonly observers: readonly ObserverLog[];
  readonly answers: readonly Answer[];
  readonly infos: ReadonlyMap<string, InfoState>;
  readonly gone: readonly Gone[];
}
