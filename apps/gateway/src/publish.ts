/** Publishing on a channel of either kind, with an idempotency key or without: one question, one kind of answer. */
import { type Broker, formatPosition, type Once, type Publication, type Result } from "@tidewire/broker";
import type { ChannelRules } from "./channel-rules.ts";

export interface PublishRequest extends Pick<Once, "by"> {
  readonly channel: string;
  readonly publication: Publication;
  /** Absent when a repetition is another publication. */
  readonly key?: string | undefined;
}

export interface Published {
  /** On a live channel: how many gateways and other programs got it, as Redis counts them; 0 for a duplicate. */
  readonly receivers?: number;
  /** On a stream channel: behind the publication, as text. */
  readonly position?: string;
  readonly isDuplicate: boolean;
}

export type Publish = (request: PublishRequest) => Promise<Result<Published>>;

export interface CreatePublishOptions {
  readonly broker: Broker;
  readonly rules: ChannelRules;
  /** For how long a key is remembered, in milliseconds. */
  readonly windowMs: number;
}

export function createPublish({ broker, rules, windowMs }: CreatePublishOptions): Publish {
  return async ({ channel, publication, key, by }) => {
    const once = key === undefined ? undefined : { key, by, windowMs };
    const { stream } = rules.of(channel);
    if (stream) {
      const { retention } = stream;
      const result = await broker.streams.append(channel, publication, { retention, once });
      if (!result.ok) return result;
      const { position, isDuplicate } = result.value;
      return { ok: true, value: { isDuplicate, ...(position && { position: formatPosition(position) }) } };
    }
    if (once) return broker.publishOnce(channel, publication, once);
    const result = await broker.publish(channel, publication);
    return result.ok ? { ok: true, value: { receivers: result.value, isDuplicate: false } } : result;
  };
}
