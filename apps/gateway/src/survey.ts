/** Asks all gateways of their channels or connections, and makes one page of their pages. */
import type { Broker, Result } from "@tidewire/broker";
import { z } from "zod";
import { ChannelCount, type ChannelsQuestion, ConnectionFacts, type ConnectionsQuestion } from "./census.ts";
import { compareConnectionIds } from "./connection-id.ts";
import { compareTexts, joinPages, type Page } from "./pages.ts";
import { readJson } from "./read-json.ts";

export interface SurveyOptions {
  readonly broker: Broker;
  /** How long gateways may take to answer, in milliseconds. */
  readonly askTimeoutMs: number;
}

export interface Survey<Item> extends Page<Item> {
  /** Ids of gateways of which nothing is known, since they did not answer. */
  readonly missing: readonly string[];
}

/** Counts over all gateways, by name. */
export async function surveyChannels(
  question: ChannelsQuestion,
  options: SurveyOptions,
): Promise<Result<Survey<ChannelCount>>> {
  const gathered = await gather({ question, item: ChannelCount }, options);
  if (!gathered.ok) return gathered;
  const { pages, missing } = gathered.value;
  const joined = joinPages(pages, (left, right) => compareTexts(left.channel, right.channel));
  const page = cut({ items: summed(joined.items), isMore: joined.isMore }, question.limit);
  return { ok: true, value: { ...page, missing } };
}

/** Connections of all gateways, or of the one that is named, by gateway and age. */
export async function surveyConnections(
  question: ConnectionsQuestion,
  gateway: string | undefined,
  options: SurveyOptions,
): Promise<Result<Survey<ConnectionFacts>>> {
  const gathered = await gather({ question, gateway, item: ConnectionFacts }, options);
  if (!gathered.ok) return gathered;
  const { pages, missing } = gathered.value;
  const joined = joinPages(pages, (left, right) => compareConnectionIds(left.connection, right.connection));
  return { ok: true, value: { ...cut(joined, question.limit), missing } };
}

interface Asked<Item> {
  readonly question: ChannelsQuestion | ConnectionsQuestion;
  readonly gateway?: string | undefined;
  readonly item: z.ZodType<Item>;
}

interface Gathered<Item> {
  readonly pages: readonly Page<Item>[];
  readonly missing: readonly string[];
}

async function gather<Item>(
  { question, gateway, item }: Asked<Item>,
  { broker, askTimeoutMs }: SurveyOptions,
): Promise<Result<Gathered<Item>>> {
  const schema = z.object({ items: z.array(item), isMore: z.boolean() });
  const asked = await broker.ask({ text: JSON.stringify(question), gateway, waitMs: askTimeoutMs });
  if (!asked.ok) return asked;
  const missing = [...asked.value.missing];
  const pages: Page<Item>[] = [];
  for (const { gateway: from, text } of asked.value.answers) {
    const page = readJson(text, schema);
    // What is not understood, as of a gateway of another version, is as good as nothing.
    if (page) pages.push(page);
    else missing.push(from);
  }
  return { ok: true, value: { pages, missing: missing.toSorted(compareTexts) } };
}

/** One count for each channel, in the same order. */
function summed(counts: readonly ChannelCount[]): ChannelCount[] {
  const sums = new Map<string, number>();
  for (const { channel, subscribers } of counts) {
    sums.set(channel, (sums.get(channel) ?? 0) + subscribers);
  }
  return Array.from(sums, ([channel, subscribers]) => ({ channel, subscribers }));
}

function cut<Item>({ items, isMore }: Page<Item>, limit: number): Page<Item> {
  return { items: items.slice(0, limit), isMore: isMore || items.length > limit };
}
