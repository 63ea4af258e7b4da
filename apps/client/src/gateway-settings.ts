/** What the gateway has written into the page about itself. */

import { DEFAULT_CHANNEL, DEFAULT_MAX_MESSAGE_BYTES } from "@tidewire/protocol";

/** The channel of clients that name none. */
export function defaultChannel(page: Document): string {
  return setting(page, "tidewire-channel") || DEFAULT_CHANNEL;
}

/** The largest message that the gateway takes, in bytes of UTF-8. */
export function maxMessageBytes(page: Document): number {
  return Number(setting(page, "tidewire-max-message-bytes")) || DEFAULT_MAX_MESSAGE_BYTES;
}

function setting(page: Document, name: string): string | undefined {
  return page.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content;
}
