/** What people say to each other, as it is published on rooms of people and in conversations. */

import type { Message } from "@tidewire/sdk";
import { isFields } from "../fields.ts";
import { nameOfId, personKey, tidyName } from "../self/self.ts";

export interface ChatMessage {
  readonly text: string;
  /** What the author wants to be called. */
  readonly name: string;
  /** The author's. Only the gateway's word for it, `sender`, is more than a claim. */
  readonly id: string;
  /** Its idempotency key, by which the author's own page knows it again. */
  readonly key?: string;
}

/** `undefined` for what is no such message, and is shown as it is. */
export function readChatMessage(data: unknown): ChatMessage | undefined {
  if (!isFields(data)) return undefined;
  const { text, name, id, key } = data;
  if (typeof text !== "string" || typeof name !== "string" || typeof id !== "string") return undefined;
  return { text, name, id, ...(typeof key === "string" && { key }) };
}

export interface Author {
  /** As {@link personKey} gives it. */
  readonly key: string;
  readonly id: string;
  readonly name: string;
  readonly isVerified: boolean;
}

export function authorOf({ sender }: Pick<Message, "sender">, { name, id }: ChatMessage): Author {
  const isVerified = sender !== undefined;
  const known = sender ?? id;
  const shown = tidyName(name) || (sender ?? nameOfId(id));
  return { key: personKey({ user: sender, id }), id: known, name: shown, isVerified };
}
