/** What an application sees of who is on a channel. */
import type { PresentMember } from "@tidewire/protocol";
import type { TidewireError } from "../tidewire-error.ts";

/** A `user`, over all its connections, or a `connection` where nobody has signed in; with its public `info`. */
export type Member = PresentMember;

/** The same object, with the same members in it, while nothing has changed. */
export interface PresenceView {
  /** All who are there, this client among them. `undefined` while that is not known, and in a big room. */
  readonly members: readonly Member[] | undefined;
  /** How many are there; `undefined` while that is not known. */
  readonly total: number | undefined;
  /**
   * Whether it is so now. `false` while the connection is away: then it is what was known last; and while the gateways
   * can't say for certain who is there, after their Redis has forgotten.
   */
  readonly isCurrent: boolean;
  /** Why nothing is told any more, or was refused: `unsupported` where the channel has no presence, `forbidden` where gateways may not know. */
  readonly reason?: TidewireError;
}

/** What has become of those who were known. Members that were unknown before are not told as joined. */
export interface PresenceChange {
  readonly current: PresenceView;
  readonly joined: readonly Member[];
  /** With the info that they had, where it was known. */
  readonly left: readonly Member[];
  /** With the info that they have now. */
  readonly updated: readonly Member[];
}

export const UNKNOWN: PresenceView = { members: undefined, total: undefined, isCurrent: false };
