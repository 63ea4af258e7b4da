/** Times as the log shows them, in the time zone of the person. */

/** The time of day with milliseconds, always twelve characters wide. */
export function clockTime(atMs: number): string {
  const date = new Date(atMs);
  return `${minuteTime(atMs)}:${padded(date.getSeconds(), 2)}.${padded(date.getMilliseconds(), 3)}`;
}

/** Hours and minutes. */
export function minuteTime(atMs: number): string {
  const date = new Date(atMs);
  return `${padded(date.getHours(), 2)}:${padded(date.getMinutes(), 2)}`;
}

/** The day in words. */
export function dayText(atMs: number): string {
  const day = { weekday: "long", day: "numeric", month: "long", year: "numeric" } as const;
  return new Date(atMs).toLocaleDateString("en-GB", day);
}

function padded(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
