/**
 * Who asks over HTTP to read a channel: a server with a key, a program on this machine, or a client like any other.
 *
 * Invariant: nobody who is no server reads here what could not be read through a WebSocket.
 */
import type { IncomingMessage } from "node:http";
import type { Refusal } from "@tidewire/protocol";
import { type Caller, readableBy, refuseApiCall, refuseUpgrade } from "./access.ts";
import type { Config } from "./config.ts";
import type { Entrance } from "./entrance.ts";
import type { Identity } from "./identity.ts";

/** One who may read the channel. */
export interface Reader {
  /** Absent for a server, and where nobody signs in. */
  readonly identity: Identity | undefined;
  /** Whether it is a server, with a key. */
  readonly isServer: boolean;
}

export interface ReadersOptions {
  readonly entrance: Entrance;
  readonly config: Config;
}

export class Readers {
  readonly #options: ReadersOptions;

  constructor(options: ReadersOptions) {
    this.#options = options;
  }

  /** Whether a page may read what is answered, a refusal too: exactly if it could open a WebSocket. */
  headersFor(request: IncomingMessage): Readonly<Record<string, string>> {
    return readableBy(callerOf(request), this.#options.config);
  }

  async check(request: IncomingMessage, channel: string): Promise<Reader | Refusal> {
    const { entrance, config } = this.#options;
    const caller = callerOf(request);
    const token = this.#tokenOf(request);
    const refusal = refuseApiCall(caller, config, "read");
    const hasKeys = config.apiKeys.length > 0;
    // Where there is no key, who brings a token wants to be that user, as a program under test does.
    if (!refusal && (hasKeys || token === undefined)) return { identity: undefined, isServer: hasKeys };
    // A key that is not good for this; whatever else is in the place of the key may be a token.
    if (refusal?.code === "forbidden" && hasKeys) return refusal;
    return refuseUpgrade(caller, config) ?? this.#checkClient(entrance, token, channel);
  }

  async #checkClient(
    entrance: Entrance,
    token: string | undefined,
    channel: string,
  ): Promise<Reader | Refusal> {
    const identity = await entrance.identify(token);
    if (identity && "code" in identity) return identity;
    return (await entrance.refuseReader("events", channel, identity)) ?? { identity, isServer: false };
  }

  #tokenOf({ headers, url = "" }: IncomingMessage): string | undefined {
    const query = URL.parse(url, "http://gateway")?.searchParams ?? new URLSearchParams();
    return this.#options.entrance.tokenOf(headers, query);
  }
}

function callerOf({ headers, socket }: IncomingMessage): Caller {
  return { headers, address: socket.remoteAddress };
}
