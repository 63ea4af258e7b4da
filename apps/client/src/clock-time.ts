/** Times as the log shows them, in the time zone of the person. */

/** The time of day with milliseconds, always twelve characters wide. */
export function clockTime(atMs: number): string {
  const date = new Date(atMs);
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
  const time = parts.map((part) => padded(part, 2)).join(":");
  return `${time}.${padded(date.getMilliseconds(), 3)}`;
}

/** The day, unless it is today: what is kept of a channel may be older. */
export function otherDay(atMs: number, nowMs: number): string | undefined {
  const [day, today] = [atMs, nowMs].map((ms) =>
    new Date(ms).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" }),
  );
  return day === today ? undefined : day;
}

function padded(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
