/**
 * The Presence contract: who is where, the same for every gateway, and right again after whatever has crashed.
 *
 * A *member* is an opaque id with public info. A gateway *holds* a member on a channel from `enter` to `leave`; it counts
 * its own connections. The member is there while any gateway holds it: `joined` is told when the first one enters it,
 * `left` when the last one has let it go, `updated` when its info changes, and nothing in between.
 *
 * What is held belongs to the gateway's lease. Where that is over, whoever renews a lease next removes it, and tells who
 * has left. Nobody is gone because the broker itself was away: after a time without any lease, and when the link of a
 * gateway is back, nothing is removed for the length of a lease. A gateway whose lease was lost takes a new one by
 * renewing, and then all that it holds is entered anew by itself; only after that is removed what was held under the old
 * one.
 *
 * The broker may forget everything, or go back to an earlier state. Then there is a new *epoch*: every gateway enters
 * what it holds anew, which is not told, and nobody is told as `left`, for the length of a lease; then readers are told
 * by `onPresenceReset` to ask for the members anew. Who left meanwhile is known to nobody.
 */
import type { BrokerError, Result } from "./broker.ts";

export interface Member {
  /** Opaque; 1 to {@link MAX_MEMBER_BYTES} of UTF-8, without lone surrogates. */
  readonly id: string;
  /**
   * What everybody may know of it: a JSON text of at most {@link MAX_INFO_BYTES} of UTF-8. It is not looked into. Empty
   * for none: a gateway that enters it so leaves what others have named.
   */
  readonly info: string;
}

/** Up to where somebody knows what happened on a channel. Versions of two epochs can't be compared. */
export interface PresenceVersion {
  readonly epoch: string;
  /** Grows with every step, over all channels together. */
  readonly number: number;
}

export type PresenceChange =
  | { readonly kind: "joined" | "updated"; readonly member: Member }
  | { readonly kind: "left"; readonly id: string };

/** One step of a channel. A page of members never shows half of one. */
export interface PresenceNotice {
  /** After it. */
  readonly version: PresenceVersion;
  /** The number of the channel's step before this one, or of a later moment before this one. */
  readonly previous: number;
  readonly changes: readonly PresenceChange[];
}

export interface MembersRequest {
  /** The last id of the page before. @default from the beginning */
  readonly after?: string | undefined;
  /** Most members; above {@link MAX_PAGE_MEMBERS} it is that, and 0 for none, to learn the version. */
  readonly limit: number;
}

/** Members of a channel, of one moment. */
export interface MembersPage {
  /** In the order of the bytes of their ids. */
  readonly members: readonly Member[];
  /** How many there are on the channel. */
  readonly total: number;
  /** Whether more follow the last one of this page. */
  readonly hasMore: boolean;
  readonly version: PresenceVersion;
  /** Whether it is certain that nobody is missing. If not, gateways are entering anew what they hold; a reset follows. */
  readonly isComplete: boolean;
}

/** Longest id of a member, in bytes. */
export const MAX_MEMBER_BYTES = 512;
/** Longest info, in bytes. */
export const MAX_INFO_BYTES = 1_024;
/** Most members of one page. */
export const MAX_PAGE_MEMBERS = 1_000;

/**
 * Within which the links of all gateways are up again once that of one is, in milliseconds. Who went to another gateway
 * while Redis was away can't be entered there before, and has not left until then.
 */
export const LINKS_RETURN_MS = 5_000;

/** What presence tells the broker's owner. None may throw. */
export interface PresenceHandlers {
  /** A step of a watched channel. See {@link judgeNotice} for what a reader does with it. */
  readonly onPresence: (channel: string, notice: PresenceNotice) => void;
  /** Of every watched channel, what is known of its members may be wrong from now on: ask anew. */
  readonly onPresenceReset: () => void;
  /** A channel that was watched is not any more, and won't be: Redis refused it. */
  readonly onPresenceRefused: (channel: string, error: BrokerError) => void;
  /** This gateway's lease is gone, and nothing can be entered without: renew it now. */
  readonly onLeaseLost: () => void;
}

export interface Presence {
  /**
   * Holds a member, or gives it another info. Info is the member's: of several gateways, the last one that entered it,
   * or changed it, counts; where it had to wait, and after the broker has forgotten, the last one by the gateways'
   * clocks. Settles once all gateways see it. It waits while the link is down, while no lease is held, and while the
   * broker can't take it now. `refused` when the id or the info is too long or no text, or when Redis forbids it; then
   * it is not held. `closed` when the member was let go meanwhile.
   */
  enter(channel: string, member: Member): Promise<Result<void>>;
  /**
   * Lets a member go. Settles once no gateway sees it by this one; `closed` when it was entered again meanwhile. What has
   * to wait for the link waits some seconds longer: whoever went to another gateway meanwhile is entered there first.
   */
  leave(channel: string, id: string): Promise<Result<void>>;
  /**
   * Settles once every step made from now on will be told. After a lost link a reset is told before anything else. One
   * who asks for members after this has settled misses nothing.
   */
  watch(channel: string): Promise<Result<void>>;
  /** Nothing is told of a channel, from this call on. */
  unwatch(channel: string): void;
  /** One page; failures as of `publish`. */
  members(channel: string, request: MembersRequest): Promise<Result<MembersPage>>;
  /** How many members there are; failures as of `publish`. */
  count(channel: string): Promise<Result<number>>;
}

/**
 * What a notice is to one who knows the channel up to `known`.
 *
 * - `old`: it is in what is known; pass it over.
 * - `next`: nothing lies between; take its changes, and its version as known.
 * - `missed`: something may lie between; ask for the members anew.
 */
export function judgeNotice(notice: PresenceNotice, known: PresenceVersion): "old" | "next" | "missed" {
  if (notice.version.epoch !== known.epoch) return "missed";
  if (notice.version.number <= known.number) return "old";
  return notice.previous <= known.number ? "next" : "missed";
}
