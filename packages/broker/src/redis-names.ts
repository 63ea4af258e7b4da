/** Names on Redis that are ours and no channel's, after the deployment's prefix. */

/** No channel lives below this. */
export const OWN_PREFIX = "tidewire:";

/** The name on which appends to a channel's stream are told; after {@link OWN_PREFIX}. */
export function bellName(channel: string): string {
  return `bell:${channel}`;
}
