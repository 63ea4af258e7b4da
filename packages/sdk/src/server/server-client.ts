/** The server API of the gateways, as a server uses it. */
import { isFields, type Json } from "@tidewire/protocol";
import type { TypedChannel } from "../channel-definition.ts";
import type { Environment } from "../environment.ts";
import { ANY_FORM, type Form, misfit, schemaForm, sortPage, toJson } from "../fitting.ts";
import type { HistoryOptions } from "../link.ts";
import type { DataMessage, HistoryPage } from "../message.ts";
import type { MemberPage, MemberPageOptions } from "../presence/presence-of.ts";
import { TidewireError } from "../tidewire-error.ts";
import {
  type ChannelPage,
  type ConnectionPage,
  type GatewayFacts,
  type Outcome,
  readList,
  readOutcomes,
  readMembers,
  readPage,
  type ServerPublished,
} from "./answers.ts";
import { type HttpApi, Repeat } from "./http-api.ts";

export interface ServerPublishOptions {
  /**
   * Idempotency key, 1 to 128 visible ASCII characters: within the gateway's window, publications of servers with the
   * same key on one channel are one. Give your own to repeat a publication after this process has ended.
   *
   * @default a random one, so that what this call repeats happens once
   */
  readonly key?: string;
}

interface ListOptions {
  /** Most items, 1 to 1,000. @default 100 */
  readonly limit?: number;
  /** The `next` of the page before. @default from the beginning */
  readonly after?: string;
}

export interface ChannelsOptions extends ListOptions {
  /** How the names begin. @default all */
  readonly prefix?: string;
}

export interface ConnectionsOptions extends ListOptions {
  /** Only those of this user. */
  readonly user?: string;
  /** Only those of this gateway. */
  readonly gateway?: string;
}

type AnyChannel<Input> = string | TypedChannel<Input>;

/**
 * Every call resolves with the answer, or rejects with a TidewireError; none throws. What may pass (no connection, 429,
 * 502, 503, 504) is repeated until `timeoutMs` is over.
 */
export class ServerClient {
  readonly #api: HttpApi;
  readonly #environment: Pick<Environment, "newKey">;

  /** @internal */
  constructor(api: HttpApi, environment: Pick<Environment, "newKey">) {
    this.#api = api;
    this.#environment = environment;
  }

  /**
   * Resolves once the broker took it. It is repeated with its key, and so happens once.
   *
   * @returns rejects; after `connection_lost`, `no_answer` and `unconfirmed` it went out, or it did not
   */
  publish(channel: string, data: Json, options?: ServerPublishOptions): Promise<ServerPublished>;
  publish<Input>(
    channel: TypedChannel<Input>,
    data: NoInfer<Input>,
    options?: ServerPublishOptions,
  ): Promise<ServerPublished>;
  async publish(
    channel: AnyChannel<unknown>,
    data: unknown,
    options: ServerPublishOptions = {},
  ): Promise<ServerPublished> {
    return single(await this.#publish({ channels: [nameOf(channel)] }, fitAll([channel], data), options));
  }

  /** To all connections of a user, on the channel that is theirs alone. As {@link publish}. */
  async publishToUser(
    userId: string | number,
    data: Json,
    options: ServerPublishOptions = {},
  ): Promise<ServerPublished> {
    return single(await this.#publish({ userId }, fitAll([], data), options));
  }

  /**
   * The same on many channels, at most 1,000. Those that could not take it at first are repeated by themselves.
   *
   * @returns one outcome for each channel, in order, a name that comes twice once; rejects when nothing is known of any
   */
  publishToAll(channels: readonly string[], data: Json, options?: ServerPublishOptions): Promise<Outcome[]>;
  publishToAll<Input>(
    channels: readonly TypedChannel<Input>[],
    data: NoInfer<Input>,
    options?: ServerPublishOptions,
  ): Promise<Outcome[]>;
  async publishToAll(
    channels: readonly AnyChannel<unknown>[],
    data: unknown,
    options: ServerPublishOptions = {},
  ): Promise<Outcome[]> {
    const json = fitAll(channels, data);
    const names = [...new Set(channels.map(nameOf))];
    return names.length === 0 ? [] : this.#publish({ channels: names }, json, options);
  }

  /** Part of what is kept of a stream channel; as `history` of a channel. */
  history(channel: string, options?: HistoryOptions): Promise<HistoryPage>;
  history<Output>(
    channel: TypedChannel<unknown, Output>,
    options?: HistoryOptions,
  ): Promise<HistoryPage<DataMessage<Output>>>;
  async history(
    channel: string | TypedChannel,
    { since, before, limit }: HistoryOptions = {},
  ): Promise<HistoryPage<unknown>> {
    const name = nameOf(channel);
    const page = await this.#api.call({
      path: `history${query({ channel: name, since, before, limit })}`,
      read: (answer) => readPage(answer, name),
    });
    return sortPage<unknown>(page, formOf(channel));
  }

  /** Who is on a channel with presence, over all gateways; as `list` of `@tidewire/sdk/presence`. */
  presence(
    channel: string | { readonly name: string },
    { after, limit }: MemberPageOptions = {},
  ): Promise<MemberPage> {
    const path = `presence${query({ channel: nameOf(channel), after, limit })}`;
    return this.#api.call({ path, read: readMembers });
  }

  /** Channels that somebody is in, with their subscribers on all gateways, by name. */
  channels({ prefix, limit, after }: ChannelsOptions = {}): Promise<ChannelPage> {
    return this.#list<ChannelPage>("channels", { prefix, limit, after });
  }

  /** The connections of all gateways, by gateway and age. */
  connections({ user, gateway, limit, after }: ConnectionsOptions = {}): Promise<ConnectionPage> {
    return this.#list<ConnectionPage>("connections", { user, gateway, limit, after });
  }

  /** The gateways that are running. */
  async gateways(): Promise<readonly GatewayFacts[]> {
    const { gateways } = await this.#list<{ readonly gateways: readonly GatewayFacts[] }>("gateways", {});
    return gateways;
  }

  /** Ends the present connections of a user on all gateways; they may come back. */
  disconnect(user: string | number): Promise<void> {
    return this.#order("disconnect", { user });
  }

  /** Revokes one token, or all that a user has until now, and ends their connections on all gateways. */
  revoke(what: { readonly user: string | number } | { readonly tokenId: string }): Promise<void> {
    return this.#order("revoke", what);
  }

  async #publish(
    target: { readonly channels: readonly string[] } | { readonly userId: string | number },
    json: string,
    { key = this.#environment.newKey() }: ServerPublishOptions,
  ): Promise<Outcome[]> {
    const outcomes = new Map<string, Outcome>();
    const rest = () =>
      "channels" in target ? target.channels.filter((name) => !isDone(outcomes.get(name))) : [];
    const body = () => {
      const to = "channels" in target ? { channels: rest() } : target;
      return `${JSON.stringify({ ...to, key }).slice(0, -1)},"data":${json}}`;
    };
    const read = (answer: unknown) => {
      const news = readOutcomes(answer, "channels" in target ? rest().length : 1);
      for (const outcome of news ?? []) outcomes.set(outcome.channel, outcome);
      const passing = news?.find((outcome) => !isDone(outcome))?.error;
      if (passing) throw new Repeat(passing);
      return news;
    };
    try {
      await this.#api.call({ path: "publish", body, read });
    } catch (error) {
      if (outcomes.size === 0) throw error;
      const passing = [...outcomes.values()].filter((outcome) => !isDone(outcome));
      // Unless the last answer said it, nobody knows what came of the last try.
      const isTold = passing.some((outcome) => outcome.error === error);
      for (const { channel } of isTold ? [] : passing)
        outcomes.set(channel, { channel, error: error as TidewireError });
    }
    return [...outcomes.values()];
  }

  #list<Answer>(name: string, parameters: Parameters): Promise<Answer> {
    const read = (answer: unknown) => readList(answer, name) as Answer | undefined;
    return this.#api.call({ path: name + query(parameters), read });
  }

  async #order(path: string, what: object): Promise<void> {
    await this.#api.call({ path, body: () => JSON.stringify(what), read: readNothing });
  }
}

function readNothing(answer: unknown): object | undefined {
  return isFields(answer) ? answer : undefined;
}

type Parameters = Readonly<Record<string, string | number | undefined>>;

function query(parameters: Parameters): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return given.length === 0
    ? ""
    : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

/** Whether repeating it would change nothing. */
function isDone(outcome: Outcome | undefined): boolean {
  return outcome !== undefined && outcome.error?.retry !== true;
}

function single([outcome]: readonly Outcome[]): ServerPublished {
  if (!outcome) throw new TidewireError("bad_answer", "What answered is no gateway.");
  if (outcome.error) throw outcome.error;
  const { channel: _, ...published } = outcome;
  return published;
}

function nameOf(channel: string | { readonly name: string }): string {
  return typeof channel === "string" ? channel : channel.name;
}

function formOf(channel: string | TypedChannel): Form<unknown> {
  return typeof channel === "string" ? ANY_FORM : schemaForm(channel.schema);
}

/** As JSON, checked once by each schema. @throws TidewireError for what JSON can't say, or what does not fit one of them */
function fitAll(channels: readonly (string | TypedChannel)[], data: unknown): string {
  const json = toJson(data);
  if (typeof json !== "string") throw json;
  const checked = new Set<unknown>();
  for (const channel of channels) {
    if (typeof channel === "string" || checked.has(channel.schema)) continue;
    checked.add(channel.schema);
    const fault = misfit(json, schemaForm(channel.schema), channel.name);
    if (fault) throw fault;
  }
  return json;
}
