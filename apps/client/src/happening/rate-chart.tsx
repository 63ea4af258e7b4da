/** The messages of the last minute, second by second. */

import { useEffect, useState } from "react";
import { RATE_SECONDS, type Rates } from "./message-rate.ts";
import { rateText } from "./rate-text.ts";
import type { Tap } from "./tap.ts";

const TICK_MS = 1_000;
const HEIGHT = 100;
/** Of a column one unit wide. */
const BAR_WIDTH = 0.8;

export function RateChart({ tap }: { readonly tap: Tap }) {
  const { received, sent } = useRates(tap);
  const top = Math.max(1, ...received.map((count, index) => count + (sent[index] ?? 0)));
  const heights = (counts: readonly number[]) => counts.map((count) => (count / top) * HEIGHT);
  const [receivedHeights, sentHeights] = [heights(received), heights(sent)];
  return (
    <figure className="rates">
      <div className="rates-plot">
        <span className="rates-top" aria-hidden="true">
          {top} a second
        </span>
        <svg viewBox={`0 0 ${RATE_SECONDS} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <path
            className="rates-received"
            d={barsOf(
              receivedHeights,
              receivedHeights.map(() => 0),
            )}
          />
          <path className="rates-sent" d={barsOf(sentHeights, receivedHeights)} />
        </svg>
      </div>
      <figcaption>
        <span>{rateText({ received, sent })}</span>
        <span className="rates-legend" aria-hidden="true">
          <span data-kind="received">received</span> <span data-kind="sent">sent</span>
        </span>
      </figcaption>
    </figure>
  );
}

/** One bar for each second, standing on what is below it. */
function barsOf(heights: readonly number[], floors: readonly number[]): string {
  const bars = heights.map((height, index) => {
    if (height === 0) return "";
    const y = HEIGHT - (floors[index] ?? 0);
    return `M${index} ${y}v${-height}h${BAR_WIDTH}v${height}z`;
  });
  return bars.join("");
}

/** Anew each second, for as long as the page is seen. */
function useRates(tap: Tap): Rates {
  const [rates, setRates] = useState(() => tap.rates());
  useEffect(() => {
    let timer: ReturnType<typeof setInterval> | undefined;
    const show = () => setRates(tap.rates());
    const onVisibility = () => {
      clearInterval(timer);
      if (document.visibilityState === "hidden") return;
      show();
      timer = setInterval(show, TICK_MS);
    };
    onVisibility();
    document.addEventListener("visibilitychange", onVisibility);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", onVisibility);
    };
  }, [tap]);
  return rates;
}
