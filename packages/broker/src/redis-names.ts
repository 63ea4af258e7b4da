/** Names on Redis that are ours and no channel's, after the deployment's prefix. */

/** No channel lives below this. */
export const OWN_PREFIX = "tidewire:";

/** The name on which appends to a channel's stream are told; after {@link OWN_PREFIX}. */
export function bellName(channel: string): string {
  return `bell:${channel}`;
}

/** What begins the names of presence, on Pub/Sub and of keys; after {@link OWN_PREFIX}. */
export const PRESENCE = "presence:";

/** The key that is there while nobody's members are removed; after {@link OWN_PREFIX}. */
export const PRESENCE_QUIET = `${PRESENCE}quiet`;
