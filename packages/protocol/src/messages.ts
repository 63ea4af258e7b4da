/** The messages of `tidewire.v1`: what a client asks, what a gateway replies, what it says unasked. */
import type { ErrorCode } from "./error-codes.ts";

/** What JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What everybody on a channel may know of a member. */
export type Info = Readonly<Record<string, Json>>;

/** Who is there: a user, over all its connections, or a connection where nobody has signed in. */
export type PresentMember =
  | { readonly user: string; readonly connection?: never; readonly info?: Info }
  | { readonly connection: string; readonly user?: never; readonly info?: Info };

/** A client chooses the id, a whole number from 1 to 2^53 - 1; the reply carries the same. */
interface Asked {
  readonly id: number;
}

export interface Connect extends Asked {
  readonly type: "connect";
  /** A JSON Web Token, unless one came with the upgrade. */
  readonly token?: string;
}

export interface Refresh extends Asked {
  readonly type: "refresh";
  /** A token of the same user. */
  readonly token: string;
}

export interface Subscribe extends Asked {
  readonly type: "subscribe";
  readonly channel: string;
  /** Whether this connection gets its own messages on the channel back. @default the channel's setting */
  readonly echo?: boolean;
  /** Stream channels: the position from which on to go on. Not together with `last`. @default from now on */
  readonly since?: string;
  /** Stream channels: how many of the newest messages to get first. @default none */
  readonly last?: number;
  /** Whether this connection wants to know who is there. @default false */
  readonly presence?: boolean;
  /** What everybody there may know of this member; at most `MAX_INFO_BYTES` as JSON. @default what the token says */
  readonly info?: Info;
}

export interface Unsubscribe extends Asked {
  readonly type: "unsubscribe";
  readonly channel: string;
}

export interface Publish extends Asked {
  readonly type: "publish";
  readonly channel: string;
  readonly data: Json;
  /** Idempotency key: within the window, publications of one sender with the same key on one channel are one. */
  readonly key?: string;
}

export interface History extends Asked {
  readonly type: "history";
  readonly channel: string;
  /** The messages behind this position. Not together with `before`. @default the newest ones */
  readonly since?: string;
  /** The newest messages before the one at this position. */
  readonly before?: string;
  /** Most messages. @default DEFAULT_HISTORY_LIMIT */
  readonly limit?: number;
}

export interface Presence extends Asked {
  readonly type: "presence";
  readonly channel: string;
  /** What the page before said as `next`. @default from the beginning */
  readonly after?: string;
  /** Most members; 0 for their number alone. @default DEFAULT_PRESENCE_LIMIT */
  readonly limit?: number;
}

export interface Update extends Asked {
  readonly type: "update";
  readonly channel: string;
  /** In place of what was known of this member; at most `MAX_INFO_BYTES` as JSON. */
  readonly info: Info;
}

export interface Ping extends Asked {
  readonly type: "ping";
}

/** Client to gateway. */
export type Request =
  | Connect
  | Refresh
  | Subscribe
  | Unsubscribe
  | Publish
  | History
  | Presence
  | Update
  | Ping;

export interface Connected extends Asked {
  readonly type: "connected";
  /** Of this connection; never used again. */
  readonly connection: string;
  /** Of the gateway's process; never used again. */
  readonly gateway: string;
  /** The user id, when the client has signed in. */
  readonly user?: string;
  /** When the token is over, in milliseconds from now, when the client has signed in. */
  readonly expiresInMs?: number;
  /** Largest payload that the gateway takes on any channel, in bytes. */
  readonly maxMessageBytes: number;
  /** Largest text message that the gateway takes, with all lines in it, in bytes. */
  readonly maxFrameBytes: number;
  /** How often the gateway looks for a sign of life, in milliseconds; 0 for never. */
  readonly heartbeatIntervalMs: number;
  /** For how long the key of a publication is remembered, in milliseconds. */
  readonly idempotencyWindowMs: number;
}

export interface Refreshed extends Asked {
  readonly type: "refreshed";
  /** When the new token is over, in milliseconds from now. */
  readonly expiresInMs: number;
}

export interface Subscribed extends Asked {
  readonly type: "subscribed";
  readonly channel: string;
  /** Whether a reader can come back to where it was. */
  readonly resumable: boolean;
  /** Where the subscription begins; on resumable channels only. */
  readonly position?: string;
  /** Whether nothing between `since` and what comes now is missing; there when `since` was. */
  readonly complete?: boolean;
  /** How many messages of before come first; there when `last` was, on resumable channels. */
  readonly last?: number;
}

export interface Unsubscribed extends Asked {
  readonly type: "unsubscribed";
  readonly channel: string;
}

export interface Published extends Asked {
  readonly type: "published";
  /** Whether the key was known, so that nothing was published now. */
  readonly duplicate: boolean;
  /** Of the message; on resumable channels only, and for a duplicate only where it is still known. */
  readonly position?: string;
}

/** One that was kept; otherwise as {@link Message}. */
export interface KeptMessage {
  readonly position: string;
  readonly sender?: string;
  readonly time: number;
  readonly data?: Json;
  readonly base64?: string;
}

/** Part of what is kept of a channel. */
export interface Page extends Asked {
  readonly type: "page";
  readonly channel: string;
  /** The oldest first. */
  readonly messages: readonly KeptMessage[];
  /** Whether nothing between the position that was asked for and the messages is missing. */
  readonly complete: boolean;
  /** Whether there is more in the direction that was asked for. */
  readonly more: boolean;
  /** Where the channel ends. */
  readonly position: string;
}

/** Part of who is on a channel. */
export interface Present extends Asked {
  readonly type: "present";
  readonly channel: string;
  readonly members: readonly PresentMember[];
  /** How many there are on the channel. */
  readonly total: number;
  /** What to give as `after` for the page behind; absent at the end. */
  readonly next?: string;
  /** Whether it is certain that nobody is missing. */
  readonly complete: boolean;
}

export interface Updated extends Asked {
  readonly type: "updated";
  readonly channel: string;
}

export interface Pong extends Asked {
  readonly type: "pong";
}

export interface ErrorReply extends Asked {
  readonly type: "error";
  readonly code: ErrorCode;
  /** For people; it may change. */
  readonly message: string;
  /** Whether the same request may succeed later, unchanged. */
  readonly retry: boolean;
}

/** Gateway to client, once for each request. */
export type Reply =
  | Connected
  | Refreshed
  | Subscribed
  | Unsubscribed
  | Published
  | Page
  | Present
  | Updated
  | Pong
  | ErrorReply;

/** One publication. Exactly one of `data` and `base64` is there. */
export interface Message {
  readonly type: "message";
  readonly channel: string;
  /** The user id of the client that published it, verified by a gateway; absent when nobody signed in. */
  readonly sender?: string;
  /** When the gateway received it, in milliseconds since 1970; on resumable channels, when it was kept. */
  readonly time: number;
  /** From which a reader can go on behind it; on resumable channels only. */
  readonly position?: string;
  readonly data?: Json;
  /** A payload that is not UTF-8. */
  readonly base64?: string;
}

/** Messages on the channel that were published before this one may be missing. */
export interface Gap {
  readonly type: "gap";
  readonly channel: string;
  /** Where it goes on; on resumable channels only. */
  readonly position?: string;
}

/** All who are on the channel, in place of whatever was known of them. */
export interface Members {
  readonly type: "members";
  readonly channel: string;
  readonly members: readonly PresentMember[];
  readonly total: number;
  /** There when somebody may be missing, or gone: then another one follows. */
  readonly complete?: false;
}

/**
 * What has changed since. Without any list, only the number is told from now on, until the next {@link Members}; with a
 * code, nothing.
 */
export interface PresenceChanges {
  readonly type: "presence";
  readonly channel: string;
  readonly joined?: readonly PresentMember[];
  /** Without info. */
  readonly left?: readonly PresentMember[];
  readonly updated?: readonly PresentMember[];
  /** After the changes; of no meaning beside a code. */
  readonly total: number;
  /** Why nothing is told any more. */
  readonly code?: ErrorCode;
  /** For people; there beside a code. */
  readonly message?: string;
}

/** The subscription has ended, and the client did not ask for it. */
export interface Removed {
  readonly type: "removed";
  readonly channel: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** The token is over soon; without a new one the connection is closed then. */
export interface Expiring {
  readonly type: "expiring";
  readonly expiresInMs: number;
}

/** The gateway is stopping, and closes next. */
export interface Leaving {
  readonly type: "leaving";
  /** When to connect again, in milliseconds from now. */
  readonly reconnectMs: number;
}

/** Gateway to client, unasked. */
export type Push = Message | Gap | Members | PresenceChanges | Removed | Expiring | Leaving;
