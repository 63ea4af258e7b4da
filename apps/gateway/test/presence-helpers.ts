/** Gateways with presence on `room:*`, and clients that want to know who is there. */
import { connectV1, type V1Client, type V1Message } from "@tidewire/testkit";
import { ChannelRuleInput } from "../src/channel-rules.ts";
import type { Config } from "../src/config.ts";
import type { Limits } from "../src/limits.ts";
import { IDENTITY, KEY } from "./signed-in.ts";
import { startTestGateway, type TestGateway, testConfig } from "./test-gateway.ts";
import { mint } from "./tokens.ts";

/** So long that within a test nobody is let go by the clock. */
export const LONG_MS = 600_000;

export const ROOMS = {
  "room:*": ChannelRuleInput.parse({ presence: true }),
  "short:*": ChannelRuleInput.parse({ presence: true, subscribe: "nobody" }),
};

/** The grace is over at once unless the test says otherwise. */
export function presenceConfig(limits: Partial<Limits> = {}, config: Partial<Config> = {}): Partial<Config> {
  const given = { presenceGraceMs: 0, lingerMs: 0, ...limits };
  return {
    identity: IDENTITY,
    apiKeys: [{ ...KEY, scopes: ["publish", "read", "admin"] }],
    channels: ROOMS,
    limits: { ...testConfig().limits, ...given },
    ...config,
  };
}

export function startPresence(
  limits: Partial<Limits> = {},
  config: Partial<Config> = {},
): Promise<TestGateway> {
  return startTestGateway({ config: presenceConfig(limits, config) });
}

export interface At {
  readonly webSocketUrl: string;
}

/** A v1 client of that user, or of none. */
export async function clientOf(
  { webSocketUrl }: At,
  user?: string,
  claims: Readonly<Record<string, unknown>> = {},
): Promise<V1Client> {
  const client = await connectV1(webSocketUrl);
  const token = user === undefined ? {} : { token: await mint({ sub: user, claims }) };
  await client.request("connect", token);
  return client;
}

/** The same, subscribed; one that does not watch says so. */
export async function memberAt(
  gateway: At,
  user?: string,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<V1Client> {
  const client = await clientOf(gateway, user);
  const reply = await client.request("subscribe", { channel: "room:1", ...fields });
  if (reply.type !== "subscribed") throw new Error(JSON.stringify(reply));
  return client;
}

export interface Named {
  readonly user?: string;
  readonly connection?: string;
  readonly info?: unknown;
}

/** What one reader knows, kept by what it is told as the protocol says; a step that does not fit throws. */
export class Roster implements AsyncDisposable {
  readonly client: V1Client;
  readonly members = new Map<string, unknown>();
  /** Each of them, as `joined 7`. */
  readonly told: string[] = [];
  total = 0;

  constructor(client: V1Client) {
    this.client = client;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.client[Symbol.asyncDispose]();
  }

  get names(): string[] {
    return [...this.members.keys()].toSorted();
  }

  /** Takes what comes until that is so. */
  async until(isSo: (roster: Roster) => boolean): Promise<this> {
    while (!isSo(this)) this.take(await this.client.pushes.next());
    return this;
  }

  /** Until exactly these are there. */
  untilThere(...names: readonly string[]): Promise<this> {
    const wanted = names.toSorted().join();
    return this.until((roster) => roster.names.join() === wanted);
  }

  /** Until what it was told is certain: a while after the broker began without memory. */
  untilCertain(): Promise<this> {
    return this.until(({ told }) => told.findLast((step) => step.endsWith("members")) === "members");
  }

  take(push: V1Message): void {
    if (push.type === "members") {
      this.members.clear();
      this.told.push(push["complete"] === false ? "some members" : "members");
      for (const member of push["members"] as readonly Named[]) this.members.set(nameOf(member), member.info);
    } else if (push.type === "presence") {
      this.#change(push);
    } else {
      return;
    }
    this.total = push["total"] as number;
    if (this.members.size !== this.total) throw new Error(`the total does not fit: ${JSON.stringify(push)}`);
  }

  #change({ joined, left, updated }: V1Message): void {
    for (const member of (joined ?? []) as readonly Named[]) this.#note("joined", member, false);
    for (const member of (updated ?? []) as readonly Named[]) this.#note("updated", member, true);
    for (const member of (left ?? []) as readonly Named[]) {
      this.#note("left", member, true);
      this.members.delete(nameOf(member));
    }
  }

  #note(kind: string, member: Named, isExpected: boolean): void {
    const name = nameOf(member);
    if (this.members.has(name) !== isExpected) throw new Error(`${name} ${kind} out of order`);
    this.told.push(`${kind} ${name}`);
    this.members.set(name, member.info);
  }
}

/** One who watches and is there itself. */
export async function rosterAt(gateway: At, user?: string): Promise<Roster> {
  return new Roster(await memberAt(gateway, user, { presence: true }));
}

export function nameOf({ user, connection }: Named): string {
  return user ?? `connection ${connection}`;
}

/** Of the server API. */
export async function readPresence(
  { url }: { readonly url: string },
  query: string,
  headers: Readonly<Record<string, string>> = { authorization: `Bearer ${KEY.key}` },
): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }> {
  const response = await fetch(`${url}api/v1/presence?${query}`, { headers });
  return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
}
