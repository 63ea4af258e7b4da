/** A line of JSON with room between its parts: nothing else is touched, so every digit stays as it passed. */

/** Longer ones are easier to take in as a block. */
const MAX_PRETTY = 300;
const PARTS = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^"{}[\]:,\s]+/g;

export function prettyLine(line: string): string {
  if (line.length > MAX_PRETTY || !/^\{.*\}$/.test(line)) return line;
  const parts = line.match(PARTS) ?? [];
  return parts.map(withRoom).join("").replaceAll("{  }", "{}");
}

function withRoom(part: string): string {
  if (part === "{") return "{ ";
  if (part === "}") return " }";
  return part === ":" || part === "," ? `${part} ` : part;
}
