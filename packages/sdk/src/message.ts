/** What an application gets from a channel. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Json, KeptMessage, Message as WireMessage } from "@tidewire/protocol";

interface MessageFacts {
  readonly channel: string;
  /** The user id of who published it, verified by a gateway; absent when nobody signed in, or it came from elsewhere. */
  readonly sender?: string;
  /** When it was published, by the gateway's clock, in milliseconds since 1970. */
  readonly time: number;
  /** On a stream channel: from which `since` goes on behind this message, and `history` before it. */
  readonly position?: string;
}

/** A publication that holds data. On a channel with a schema: what the schema made of it. */
export interface DataMessage<Data = Json> extends MessageFacts {
  readonly data: Data;
  readonly bytes?: never;
}

/** A publication that is not UTF-8. */
export interface BytesMessage extends MessageFacts {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly data?: never;
}

/** One publication: `data`, or `bytes` where it is not UTF-8. */
export type Message = DataMessage | BytesMessage;

/** A message that does not fit the schema of its channel. */
export interface Invalid {
  readonly channel: string;
  /** As it came, with its position. */
  readonly message: Message;
  /** What the schema says against it. */
  readonly issues: readonly StandardSchemaV1.Issue[];
}

/** Messages may be missing before what comes next. Who needs to know fetches the present state from elsewhere. */
export interface Gap {
  readonly channel: string;
  /**
   * - `gateway`: the gateway said so: its broker was away, or what came next was not kept long enough.
   * - `return`: the connection was away, and what was published meanwhile is lost: the channel is live, or keeps too
   *   little. Also where not all behind the `since` of the subscription is there any more.
   * - `overflow`: a reader of `messages()` is too slow, and its buffer was full.
   */
  readonly reason: "gateway" | "return" | "overflow";
}

/** The subscription has ended without the application's asking. It may subscribe again. */
export interface Removed {
  readonly channel: string;
  /** An error code, such as `forbidden`. */
  readonly code: string;
  /** For people; it may change. */
  readonly message: string;
}

/** Part of what is kept of a channel. */
export interface KeptPage<Received = Message> {
  /** The oldest first. */
  readonly messages: readonly Received[];
  /** Whether nothing between the position that was asked for and the messages is missing. */
  readonly complete: boolean;
  /** Whether there is more in the direction that was asked for. */
  readonly more: boolean;
  /** Where the channel ended. */
  readonly position: string;
}

export interface HistoryPage<Received = Message> extends KeptPage<Received> {
  /** Those of the page that do not fit the schema of the channel. */
  readonly invalid: readonly Invalid[];
}

/** `undefined` for what claims to be Base64 and is not: no gateway says that. */
export function toMessage(channel: string, wire: WireMessage | KeptMessage): Message | undefined {
  const { time, sender, position, data, base64 } = wire;
  const facts = {
    channel,
    time,
    ...(sender !== undefined && { sender }),
    ...(position !== undefined && { position }),
  };
  if (data !== undefined) return { ...facts, data };
  const bytes = decodeBase64(base64 ?? "");
  return bytes && { ...facts, bytes };
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
