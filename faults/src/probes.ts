/** Asks at the end of a round, from positions of all its times, what follows them: is a "complete" true? */
import { parsePosition } from "@tidewire/broker";
import { connectV1 } from "@tidewire/testkit";
import { type Door, signInHeaders, webSocketUrl } from "./door.ts";
import { ReaderRecord } from "./record.ts";
import type { StreamEntry } from "./stream-truth.ts";

const MAX_PROBES = 12;
const ANSWER_WITHIN_MS = 60_000;

/** Positions all over the records of one channel: the same for the same records and chance. */
export function choosePositions(
  records: readonly ReaderRecord[],
  last: StreamEntry | undefined,
  random: () => number,
): string[] {
  const all = new Set(records.flatMap(({ positions }) => positions));
  // Behind the last entry nothing follows, so nothing could be missing.
  const useful = [...all].filter((position) => parsePosition(position)?.id !== last?.id);
  const chosen = Array.from({ length: MAX_PROBES }, () => useful[Math.floor(random() * useful.length)]);
  return [...new Set(chosen)].filter((position) => position !== undefined);
}

export interface ProbeOptions {
  readonly door: Door;
  readonly channel: string;
  readonly front: number;
  readonly position: string;
  readonly last: StreamEntry | undefined;
}

/** A record of what was said and given behind the position, up to the last entry of the stream. */
export async function probe(options: ProbeOptions): Promise<ReaderRecord> {
  const { door, channel, front, position, last } = options;
  const record = new ReaderRecord({ kind: "probe", channel, front });
  await using client = await connectV1(webSocketUrl(door), { headers: await signInHeaders(door) });
  const deadline = setTimeout(() => client.socket.terminate(), ANSWER_WITHIN_MS);
  try {
    await client.request("connect");
    const reply = await client.request("subscribe", { channel, since: position });
    if (reply.type !== "subscribed") throw new Error(`refused: ${String(reply["code"])}`);
    record.begin(position);
    if (reply["complete"] !== true) {
      record.notice("gap", `not complete behind ${position}`);
      return record;
    }
    record.complete();
    let mark = "";
    while (mark !== last?.mark) {
      const push = await client.pushes.next();
      if (push["channel"] !== channel) continue;
      if (push.type === "gap") record.notice("gap", `a gap behind ${position}`);
      if (push.type === "message") record.hear(String(push["data"]), String(push["position"]));
      const event = record.events.at(-1);
      mark = push.type === "message" && event?.kind === "message" ? event.mark : "";
    }
    return record;
  } catch (error) {
    throw new Error(`a probe of ${channel} behind ${position} got no whole answer: ${String(error)}`, {
      cause: error,
    });
  } finally {
    clearTimeout(deadline);
  }
}
