/** What one v1 connection publishes: judged by the rule of its channel, and answered once the broker took it. */
import type { Broker, Publication } from "@tidewire/broker";
import { errorReply, type Publish, type Refusal, type Reply } from "@tidewire/protocol";
import { brokerRefusal } from "./broker-refusal.ts";
import type { ChannelRule, ChannelRules } from "./channel-rules.ts";
import { exactData } from "./json.ts";
import type { Limits } from "./limits.ts";
import { TokenBucket } from "./token-bucket.ts";
import { toPublication } from "./v1-publication.ts";
import { RATE_LIMITED, TOO_DEEP } from "./v1-refusals.ts";

export interface V1PublisherOptions {
  readonly broker: Broker;
  readonly rules: ChannelRules;
  readonly limits: Limits;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

export class V1Publisher {
  readonly #options: V1PublisherOptions;
  /** How fast it may still publish where a rule bounds that. */
  #buckets: Map<ChannelRule, TokenBucket> | undefined;

  constructor(options: V1PublisherOptions) {
    this.#options = options;
  }

  /**
   * The reply; at once when the broker is not asked. The client may publish on the channel.
   *
   * @param line what `request` was read from
   * @param metadata what readers are told, and what gateways need to know
   */
  publish(
    request: Publish,
    line: string,
    metadata: Pick<Publication, "sender" | "origin">,
  ): Reply | Promise<Reply> {
    const { id, channel } = request;
    const rule = this.#options.rules.of(channel);
    // Judged first by what it is at least: reading it exactly costs more.
    const isLarge = toPublication(request.data).payload.length > rule.maxMessageBytes;
    const data = isLarge ? request.data : exactData(line, request.data);
    if (data === undefined) return refused(id, TOO_DEEP);
    const publication = toPublication(data);
    if (publication.payload.length > rule.maxMessageBytes) {
      const message = `A message on this channel has at most ${rule.maxMessageBytes} bytes.`;
      return refused(id, { code: "too_large", message });
    }
    if (!this.#takeToken(rule)) return refused(id, RATE_LIMITED);
    return this.#send(request, { ...publication, ...metadata });
  }

  async #send({ id, channel, key }: Publish, publication: Publication): Promise<Reply> {
    const { broker, limits } = this.#options;
    const windowMs = limits.idempotencyWindowMs;
    const result =
      key === undefined
        ? await broker.publish(channel, publication)
        : await broker.publishOnce(channel, publication, { key, by: "client", windowMs });
    if (!result.ok) return refused(id, brokerRefusal(result.error));
    const duplicate = typeof result.value === "object" && result.value.isDuplicate;
    return { type: "published", id, duplicate };
  }

  #takeToken(rule: ChannelRule): boolean {
    if (!rule.publishRate) return true;
    this.#buckets ??= new Map();
    const bucket = this.#buckets.get(rule) ?? new TokenBucket(rule.publishRate, this.#options.now);
    this.#buckets.set(rule, bucket);
    return bucket.take();
  }
}

function refused(id: number, { code, message }: Refusal): Reply {
  return errorReply(id, code, message);
}
