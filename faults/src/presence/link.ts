/** One connection of a member, over `tidewire.v1` or plain; what it is told of the others is handed on. */
import { setTimeout as wait } from "node:timers/promises";
import { connectPlain, connectV1, type PlainClient, type V1Client, type V1Message } from "@tidewire/testkit";
import { type Door, signInHeaders, webSocketUrl } from "../door.ts";

export const ROOM = "room:1";

/** A gateway that says nothing for so long is given up. */
const PATIENCE_MS = 3_000;

export interface Link {
  /** Of the connection, as gateways name it; unknown to a plain client. */
  readonly connection: string | undefined;
  /** Names the gateway's process; unknown to a plain client. */
  readonly gatewayId: string | undefined;
  /** Resolves when the socket is closed, whoever did it. */
  readonly ended: Promise<unknown>;
  /** Changes the member's info. Resolves to whether it was acknowledged; a plain client can't. */
  update(info: number): Promise<boolean>;
  /** Cuts the socket. */
  lose(): void;
  /** Says that it leaves, where it can, and then cuts the socket. */
  leave(): Promise<void>;
}

export interface LinkOptions {
  readonly door: Door;
  readonly info: number;
  /** Wants to know of the others, if it is there. */
  readonly onPush?: ((push: V1Message) => void) | undefined;
}

/** Resolves when it is subscribed. */
export async function openV1({ door, info, onPush }: LinkOptions): Promise<Link> {
  const headers = await signInHeaders(door);
  const client = await connectV1(webSocketUrl(door), { headers, handshakeTimeout: PATIENCE_MS });
  try {
    const connected = await soon(client.request("connect"));
    if (connected.type !== "connected") throw new Error(JSON.stringify(connected));
    if (onPush) void handOn(client, onPush);
    const presence = onPush !== undefined;
    const reply = await soon(client.request("subscribe", { channel: ROOM, presence, info: { n: info } }));
    if (reply.type !== "subscribed") throw new Error(JSON.stringify(reply));
    return new V1Link(client, String(connected["connection"]), String(connected["gateway"]));
  } catch (error) {
    client.socket.terminate();
    throw error;
  }
}

/** Resolves when it is open. */
export async function openPlain({ door }: Pick<LinkOptions, "door">): Promise<Link> {
  const headers = await signInHeaders(door);
  const url = `${webSocketUrl(door)}?channel=${ROOM}`;
  return new PlainLink(await connectPlain(url, [], { headers, handshakeTimeout: PATIENCE_MS }));
}

async function handOn({ pushes }: V1Client, onPush: (push: V1Message) => void): Promise<void> {
  try {
    for (;;) onPush(await pushes.next());
  } catch {
    // The connection has ended.
  }
}

class V1Link implements Link {
  readonly connection: string;
  readonly gatewayId: string;
  readonly ended: Promise<unknown>;
  readonly #client: V1Client;

  constructor(client: V1Client, connection: string, gatewayId: string) {
    this.#client = client;
    this.connection = connection;
    this.gatewayId = gatewayId;
    this.ended = client.closed;
  }

  async update(info: number): Promise<boolean> {
    const reply = await this.#client
      .request("update", { channel: ROOM, info: { n: info } })
      .catch(() => undefined);
    return reply?.type === "updated";
  }

  lose(): void {
    this.#client.socket.terminate();
  }

  async leave(): Promise<void> {
    await soon(this.#client.request("unsubscribe", { channel: ROOM })).catch(() => {});
    this.lose();
  }
}

class PlainLink implements Link {
  readonly connection = undefined;
  readonly gatewayId = undefined;
  readonly ended: Promise<unknown>;
  readonly #client: PlainClient;

  constructor(client: PlainClient) {
    this.#client = client;
    this.ended = client.closed;
  }

  update(): Promise<boolean> {
    return Promise.resolve(false);
  }

  lose(): void {
    this.#client.socket.terminate();
  }

  async leave(): Promise<void> {
    this.lose();
  }
}

async function soon<Value>(reply: Promise<Value>): Promise<Value> {
  const late = new AbortController();
  const tooLate = wait(PATIENCE_MS, undefined, { signal: late.signal }).then(
    () => Promise.reject(new Error("no answer")),
    () => reply,
  );
  try {
    return await Promise.race([reply, tooLate]);
  } finally {
    late.abort();
  }
}
