/** Publishing with an idempotency key or without: one question to the broker, and one kind of answer. */
import type { Broker, Once, OnceOutcome, Publication, Result } from "@tidewire/broker";

export interface Keyed extends Omit<Once, "key"> {
  readonly channel: string;
  readonly publication: Publication;
  /** Absent when a repetition is another publication. */
  readonly key: string | undefined;
}

export async function publishKeyed(
  broker: Broker,
  { channel, publication, key, by, windowMs }: Keyed,
): Promise<Result<OnceOutcome>> {
  if (key !== undefined) return broker.publishOnce(channel, publication, { key, by, windowMs });
  const result = await broker.publish(channel, publication);
  return result.ok ? { ok: true, value: { receivers: result.value, isDuplicate: false } } : result;
}
