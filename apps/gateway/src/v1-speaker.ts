/** One v1 connection, to those who answer its requests. */
import type { Push, Reply } from "@tidewire/protocol";
import type { Identity } from "./identity.ts";

export interface Speaker {
  /** Of the connection. */
  readonly id: string;
  /** Absent when the client has not signed in. */
  readonly identity: Identity | undefined;
  /** What its publications carry on a channel where it does not want them back. */
  originOn(channel: string): string | undefined;
  /** Settles once it is known whether it is in a channel that it has asked for; absent where that is known. */
  joining(channel: string): Promise<unknown> | undefined;
  say(message: Reply | Push): undefined;
  /** The same for one that is a line of JSON already. */
  sayLine(line: string): void;
  /** What it has asked for costs so many requests more. */
  charge(requests: number): void;
  /** Writes what was said, and does not wait for the end of the turn. */
  flush(): void;
}
