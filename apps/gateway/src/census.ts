/** What gateways tell each other of their channels and connections: the questions, and this gateway's answers. */
import { MAX_ANSWER_BYTES } from "@tidewire/broker";
import { z } from "zod";
import { connectionId, partsOf } from "./connection-id.ts";
import type { Connections } from "./connections.ts";
import type { Hub } from "./hub.ts";
import { fillPage, firstOf, type Page } from "./pages.ts";
import { readJson } from "./read-json.ts";

/** Most items of one page. */
export const MAX_PAGE_ITEMS = 1_000;
/** What the items of an answer may take as JSON, in bytes; the rest is for what is around them. */
const MAX_ITEM_BYTES = MAX_ANSWER_BYTES - 64;

const limit = z.int().min(1).max(MAX_PAGE_ITEMS);

const ChannelsQuestion = z.object({
  kind: z.literal("channels"),
  /** How the names begin. */
  prefix: z.string(),
  /** The name after which the page begins. */
  after: z.string(),
  limit,
});
export type ChannelsQuestion = z.infer<typeof ChannelsQuestion>;

const ConnectionsQuestion = z.object({
  kind: z.literal("connections"),
  user: z.string().optional(),
  /** The id after which the page begins. */
  after: z.string().optional(),
  limit,
});
export type ConnectionsQuestion = z.infer<typeof ConnectionsQuestion>;

const Question = z.discriminatedUnion("kind", [ChannelsQuestion, ConnectionsQuestion]);

export const ChannelCount = z.object({ channel: z.string(), subscribers: z.int().min(1) });
export type ChannelCount = z.infer<typeof ChannelCount>;

export const ConnectionFacts = z.object({
  connection: z.string(),
  user: z.string().optional(),
  protocol: z.enum(["plain", "v1", "events"]),
  since: z.number().describe("In milliseconds since 1970, by its gateway's clock."),
  channels: z.int().min(0).describe("How many channels it is in."),
});
export type ConnectionFacts = z.infer<typeof ConnectionFacts>;

export interface CensusOptions {
  readonly gatewayId: string;
  readonly hub: Pick<Hub, "channels" | "subscribersOf">;
  readonly connections: Pick<Connections, "list">;
}

export class Census {
  readonly #options: CensusOptions;

  constructor(options: CensusOptions) {
    this.#options = options;
  }

  /** A page as JSON; `undefined` for a question that is not understood, as of a gateway of another version. */
  answer(text: string): string | undefined {
    const question = readJson(text, Question);
    if (!question) return undefined;
    const page = question.kind === "channels" ? this.#channels(question) : this.#connections(question);
    return JSON.stringify(page);
  }

  #channels({ prefix, after, limit: count }: ChannelsQuestion): Page<ChannelCount> {
    const { hub } = this.#options;
    const names = firstOf(namesAfter(hub.channels(), prefix, after), count + 1);
    const counts = names.map((channel) => ({ channel, subscribers: hub.subscribersOf(channel) }));
    return fillPage(counts, count, MAX_ITEM_BYTES);
  }

  #connections({ user, after, limit: count }: ConnectionsQuestion): Page<ConnectionFacts> {
    return fillPage(this.#factsAfter(this.#lastNumber(after), user), count, MAX_ITEM_BYTES);
  }

  *#factsAfter(last: number, wantedUser: string | undefined): Generator<ConnectionFacts> {
    const { connections, gatewayId } = this.#options;
    for (const [{ number, sinceMs }, session] of connections.list()) {
      if (number <= last) continue;
      const { protocol, user, channels } = session.facts;
      if (wantedUser !== undefined && user !== wantedUser) continue;
      const id = connectionId(gatewayId, number);
      yield { connection: id, ...(user !== undefined && { user }), protocol, since: sinceMs, channels };
    }
  }

  /** The number of the connection after which the page begins here; ids are ordered by gateway first. */
  #lastNumber(after: string | undefined): number {
    if (after === undefined) return 0;
    const { gatewayId, number } = partsOf(after);
    if (gatewayId === this.#options.gatewayId) return number;
    return gatewayId < this.#options.gatewayId ? 0 : Number.POSITIVE_INFINITY;
  }
}

function* namesAfter(names: Iterable<string>, prefix: string, after: string): Generator<string> {
  for (const name of names) if (name > after && name.startsWith(prefix)) yield name;
}
