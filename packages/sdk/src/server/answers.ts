/** What the server API answers, read loosely: that it is of the right form, not that a gateway is right. */
import { type Fields, isFields, type KeptMessage } from "@tidewire/protocol";
import type { Published } from "../link.ts";
import { type KeptPage, toMessage } from "../message.ts";
import type { MemberPage } from "../presence/presence-of.ts";
import type { Member } from "../presence/presence-view.ts";
import { TidewireError } from "../tidewire-error.ts";

export interface ServerPublished extends Published {
  /** On a live channel: gateways and other programs that were subscribed, as Redis counts them. */
  readonly receivers?: number;
}

/** What came of a message on one of several channels. */
export type Outcome =
  | (ServerPublished & { readonly channel: string; readonly error?: never })
  | { readonly channel: string; readonly error: TidewireError };

export interface GatewayFacts {
  readonly id: string;
  readonly version: string;
  /** Since when it has been running, in milliseconds since 1970. */
  readonly since: number;
}

export interface ChannelCount {
  readonly channel: string;
  readonly subscribers: number;
}

export interface OpenConnection {
  readonly connection: string;
  readonly gateway: string;
  /** The user id, where the client has signed in. */
  readonly user?: string;
  readonly protocol: "plain" | "v1" | "events" | (string & {});
  /** In milliseconds since 1970, by its gateway's clock. */
  readonly since: number;
  /** How many channels it is in. */
  readonly channels: number;
}

interface ListPage {
  /** What to give as `after` for more; absent at the end. */
  readonly next?: string;
  /** Gateways that did not answer: nothing of theirs is in here. */
  readonly missing: readonly string[];
}

export interface ChannelPage extends ListPage {
  readonly channels: readonly ChannelCount[];
}

export interface ConnectionPage extends ListPage {
  readonly connections: readonly OpenConnection[];
}

/** The list that stands under that name, and the rest. */
export function readList(answer: unknown, name: string): Fields | undefined {
  if (!isFields(answer) || !Array.isArray(answer[name]) || !answer[name].every(isFields)) return undefined;
  return answer;
}

/** Of a publication on these channels: one for each, in order. */
export function readOutcomes(answer: unknown, channels: number): readonly Outcome[] | undefined {
  const results = readList(answer, "results")?.["results"] as readonly Fields[] | undefined;
  if (results?.length !== channels) return undefined;
  const outcomes = results.map(readOutcome);
  return outcomes.every((outcome) => outcome !== undefined) ? outcomes : undefined;
}

function readOutcome({ channel, duplicate, position, receivers, error }: Fields): Outcome | undefined {
  if (typeof channel !== "string") return undefined;
  if (isFields(error)) {
    const { code, message, retry } = error;
    if (typeof code !== "string" || typeof message !== "string") return undefined;
    return { channel, error: new TidewireError(code, message, { retry: retry === true }) };
  }
  if (typeof duplicate !== "boolean") return undefined;
  return {
    channel,
    duplicate,
    ...(typeof position === "string" && { position }),
    ...(typeof receivers === "number" && { receivers }),
  };
}

export function readPage(answer: unknown, channel: string): KeptPage | undefined {
  const fields = readList(answer, "messages");
  if (!fields || typeof fields["complete"] !== "boolean" || typeof fields["more"] !== "boolean")
    return undefined;
  const { complete, more, position } = fields;
  if (typeof position !== "string") return undefined;
  const messages = (fields["messages"] as readonly KeptMessage[])
    .map((message) => toMessage(channel, message))
    .filter((message) => message !== undefined);
  return { messages, complete, more, position };
}

export function readMembers(answer: unknown): MemberPage | undefined {
  const { members, total, next, complete } = readList(answer, "members") ?? {};
  if (typeof total !== "number" || typeof complete !== "boolean") return undefined;
  const all = members as readonly Fields[];
  if (!all.every(isMember)) return undefined;
  return { members: all, total, complete, ...(typeof next === "string" && { next }) };
}

/** Exactly one of a user and a connection. */
function isMember(fields: Fields): fields is Fields & Member {
  const { user, connection, info } = fields;
  const isNamed = typeof user === "string" ? connection === undefined : typeof connection === "string";
  return isNamed && (info === undefined || isFields(info));
}
