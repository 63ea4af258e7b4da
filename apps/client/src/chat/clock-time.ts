/** Times as the log shows them, in the time zone of the person. */

/** The last moment that a `Date` can say, in milliseconds. The ids of a stream, whoever chose them, go further. */
const LAST_MS = 8.64e15;

/** As machines read it. */
export function isoTime(atMs: number): string {
  return dateOf(atMs).toISOString();
}

/** The day and the time of day. */
export function fullTime(atMs: number): string {
  return dateOf(atMs).toLocaleString("en-GB");
}

/** The time of day with milliseconds, always twelve characters wide. */
export function clockTime(atMs: number): string {
  const date = dateOf(atMs);
  return `${minuteTime(atMs)}:${padded(date.getSeconds(), 2)}.${padded(date.getMilliseconds(), 3)}`;
}

/** Hours and minutes. */
export function minuteTime(atMs: number): string {
  const date = dateOf(atMs);
  return `${padded(date.getHours(), 2)}:${padded(date.getMinutes(), 2)}`;
}

/** The day in words. */
export function dayText(atMs: number): string {
  const day = { weekday: "long", day: "numeric", month: "long", year: "numeric" } as const;
  return dateOf(atMs).toLocaleDateString("en-GB", day);
}

function dateOf(atMs: number): Date {
  return new Date(Math.min(atMs, LAST_MS));
}

function padded(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
