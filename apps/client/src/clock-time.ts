/** The local time of day with milliseconds, always twelve characters wide. */

export function clockTime(atMs: number): string {
  const date = new Date(atMs);
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
  const time = parts.map((part) => padded(part, 2)).join(":");
  return `${time}.${padded(date.getMilliseconds(), 3)}`;
}

function padded(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
