/**
 * What one v1 connection publishes: checked, decided upon, published and answered.
 *
 * Invariant: publications go to the broker in the order in which they came, whenever the application answers; and behind
 * what was asked before about being in their channel.
 */
import type { Publication } from "@tidewire/broker";
import { errorReply, type Publish, type Refusal } from "@tidewire/protocol";
import type { Authority, Decision } from "./authority.ts";
import { brokerRefusal } from "./broker-refusal.ts";
import type { ChannelRule, ChannelRules } from "./channel-rules.ts";
import { exactData } from "./json.ts";
import type { Publish as PublishNow } from "./publish.ts";
import { TokenBucket } from "./token-bucket.ts";
import { Turns } from "./turns.ts";
import { toPublication } from "./v1-publication.ts";
import * as refusals from "./v1-refusals.ts";
import type { Speaker } from "./v1-speaker.ts";

/** What all connections of a gateway share. */
export interface V1PublishingOptions {
  readonly publish: PublishNow;
  readonly rules: ChannelRules;
  readonly authority: Authority;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

export class V1Publishing {
  readonly #options: V1PublishingOptions;
  readonly #speaker: Speaker;
  /** Absent while there was nothing to wait for. */
  #turns: Turns<Decision> | undefined;
  /** How fast it may still publish where a rule bounds that. */
  #buckets: Map<ChannelRule, TokenBucket> | undefined;

  constructor(speaker: Speaker, options: V1PublishingOptions) {
    this.#speaker = speaker;
    this.#options = options;
  }

  /** @param line what `request` was read from */
  publish(request: Publish, line: string): Promise<void> | undefined {
    const { rules, authority } = this.#options;
    const { id, channel } = request;
    const rule = rules.of(channel);
    const { identity } = this.#speaker;
    if (!authority.mayDo("publish", channel, identity)) return this.#refuse(id, refusals.MAY_NOT_PUBLISH);
    // Judged first by what it is at least: reading it exactly costs more.
    const rough = toPublication(request.data);
    const isLarge = rough.payload.length > rule.maxMessageBytes;
    const data = isLarge ? request.data : exactData(line, request.data);
    if (data === undefined) return this.#refuse(id, refusals.TOO_DEEP);
    const publication = data === request.data ? rough : toPublication(data);
    if (publication.payload.length > rule.maxMessageBytes) {
      const message = `A message on this channel has at most ${rule.maxMessageBytes} bytes.`;
      return this.#refuse(id, { code: "too_large", message });
    }
    if (!this.#takeToken(rule)) return this.#refuse(id, refusals.RATE_LIMITED);
    // Without one who asked for silence there is nothing to tell apart, and the payload travels bare.
    const origin = this.#speaker.originOn(channel);
    const signed = {
      ...publication,
      ...(identity && { sender: identity.user }),
      ...(origin !== undefined && { origin }),
    };
    const asked = authority.ask("publish", channel, identity);
    // Who subscribes and publishes hears itself.
    const answer = this.#speaker.joining(channel)?.then(() => asked) ?? asked;
    const act = (refusal: Decision) => (refusal ? this.#refuse(id, refusal) : this.#send(request, signed));
    if (!this.#turns && !(answer instanceof Promise)) return act(answer);
    this.#turns ??= new Turns();
    return this.#turns.take(answer, act);
  }

  /** Nothing more is published, whatever the application answers. */
  stop(): void {
    this.#turns?.stop();
  }

  async #send({ id, channel, key }: Publish, publication: Publication): Promise<void> {
    const result = await this.#options.publish({ channel, publication, key, by: "client" });
    if (!result.ok) return this.#refuse(id, brokerRefusal(result.error));
    const { isDuplicate: duplicate, position } = result.value;
    this.#speaker.say({ type: "published", id, duplicate, ...(position !== undefined && { position }) });
  }

  #takeToken(rule: ChannelRule): boolean {
    if (!rule.publishRate) return true;
    this.#buckets ??= new Map();
    const bucket = this.#buckets.get(rule) ?? new TokenBucket(rule.publishRate, this.#options.now);
    this.#buckets.set(rule, bucket);
    return bucket.take();
  }

  #refuse(id: number, { code, message }: Refusal): undefined {
    this.#speaker.say(errorReply(id, code, message));
  }
}
