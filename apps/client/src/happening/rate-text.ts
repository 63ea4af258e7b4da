/** What the chart of the messages shows, in a sentence. */

import type { Rates } from "./message-rate.ts";

export function rateText({ received, sent }: Rates): string {
  const both = received.map((count, index) => count + (sent[index] ?? 0));
  const now = both.at(-1) ?? 0;
  return `${now} ${now === 1 ? "message" : "messages"} a second now, at most ${Math.max(0, ...both)} in the last minute`;
}
