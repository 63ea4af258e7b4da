/** @tidewire/sdk/presence: who is on a channel. */
export type { Member, PresenceChange, PresenceView } from "./presence-view.ts";
export {
  type ChannelPresence,
  type MemberPage,
  type MemberPageOptions,
  type PresenceOptions,
  presenceOf,
  type PresenceSubscription,
} from "./presence-of.ts";
