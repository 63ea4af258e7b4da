/** What one client may say and is subscribed to: the same to its connection, whatever the client speaks. */

/** What others may know of a session. */
export interface SessionFacts {
  readonly protocol: "plain" | "v1" | "events";
  /** Who it is, once it has signed in. */
  readonly user: string | undefined;
  /** How many channels it is in. */
  readonly channels: number;
}

export interface Session {
  readonly facts: SessionFacts;
  /** A whole message of the client. */
  onMessage(data: Buffer, isBinary: boolean): void;
  /** The broker refuses a channel that this session is subscribed to; nothing comes on it any more. */
  onRefused(channel: string): void;
  /** The gateway is stopping: the client is asked to leave, and to come back in so many milliseconds. */
  leave(reconnectMs: number): void;
  /** The client is gone. */
  onClose(): void;
}
