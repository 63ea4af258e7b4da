/** `POST /api/v1/publish`: a server publishes on one channel, on many, to a user, or many messages at once. */
import type { Publication } from "@tidewire/broker";
import {
  channelFault,
  dataFault,
  ERROR_CODES,
  type Json,
  MAX_KEY_LENGTH,
  type Refusal,
  userChannel,
} from "@tidewire/protocol";
import { z } from "zod";
import { brokerRefusal } from "./broker-refusal.ts";
import type { Publish } from "./publish.ts";
import { toPublication } from "./v1-publication.ts";

/** Most channels of one message, and most messages of one request. */
const MAX_CHANNELS = 1_000;
const MAX_MESSAGES = 1_000;

const Data = z.unknown().refine((value) => value !== undefined, { message: "must be there" });

/** One message. A number as user id must be exact to be one. */
export const ApiMessage = z
  .strictObject({
    channel: z.string().optional(),
    channels: z.array(z.string()).min(1).max(MAX_CHANNELS).optional(),
    userId: z.union([z.string().min(1), z.int()]).optional(),
    data: Data,
    key: z
      .string()
      .max(MAX_KEY_LENGTH)
      .regex(/^[!-~]+$/, "must be visible ASCII")
      .optional(),
  })
  .refine(({ channel, channels, userId }) => countTargets([channel, channels, userId]) === 1, {
    message: "must name exactly one target, channel, channels or userId",
  });

export const ApiMessages = z.strictObject({ messages: z.array(ApiMessage).min(1).max(MAX_MESSAGES) });

/** The schema that a body asks to be judged by. */
export function schemaFor(body: unknown): typeof ApiMessages | typeof ApiMessage {
  return typeof body === "object" && body !== null && "messages" in body ? ApiMessages : ApiMessage;
}

export type ApiMessage = z.infer<typeof ApiMessage>;

/** What came of one message on one channel. */
export type Outcome =
  | {
      readonly channel: string;
      /** On a live channel. */
      readonly receivers?: number | undefined;
      /** On a stream channel. */
      readonly position?: string | undefined;
      readonly duplicate: boolean;
    }
  | { readonly channel: string; readonly error: Refusal & { readonly retry: boolean } };

export interface PublishOptions {
  readonly publish: Publish;
  readonly maxMessageBytes: number;
}

/** Everything that is to be published, or what is wrong with it; then nothing of it is. */
export function accept(
  messages: readonly ApiMessage[],
  { maxMessageBytes }: PublishOptions,
): readonly Accepted[] | Refusal {
  const accepted: Accepted[] = [];
  for (const message of messages) {
    const data = message.data as Json;
    const wrong = dataFault(data);
    if (wrong) return { code: "bad_request", message: wrong };
    if (!String(message.userId ?? "").isWellFormed()) {
      return { code: "bad_request", message: "userId holds half of a surrogate pair." };
    }
    const publication = toPublication(data);
    if (publication.payload.length > maxMessageBytes) {
      return { code: "too_large", message: `A message has at most ${maxMessageBytes} bytes.` };
    }
    for (const channel of channelsOf(message)) {
      const fault = channelFault(channel);
      if (fault) return { code: "invalid_channel", message: fault };
      accepted.push({ channel, publication, key: message.key });
    }
  }
  if (accepted.length > MAX_MESSAGES) {
    return { code: "bad_request", message: `One request makes at most ${MAX_MESSAGES} publications.` };
  }
  return accepted;
}

export interface Accepted {
  readonly channel: string;
  readonly publication: Publication;
  readonly key: string | undefined;
}

/** In their order. */
export function publishAll(accepted: readonly Accepted[], options: PublishOptions): Promise<Outcome[]> {
  return Promise.all(accepted.map((each) => publishOne(each, options)));
}

async function publishOne(
  { channel, publication, key }: Accepted,
  { publish }: PublishOptions,
): Promise<Outcome> {
  const result = await publish({ channel, publication, key, by: "server" });
  if (!result.ok) {
    const refusal = brokerRefusal(result.error);
    return { channel, error: { ...refusal, retry: ERROR_CODES[refusal.code].retry } };
  }
  const { receivers, position, isDuplicate } = result.value;
  return { channel, receivers, position, duplicate: isDuplicate };
}

function countTargets(targets: readonly unknown[]): number {
  return targets.filter((target) => target !== undefined).length;
}

function channelsOf({ channel, channels, userId }: ApiMessage): readonly string[] {
  if (channels) return [...new Set(channels)];
  return [channel ?? userChannel(String(userId))];
}
