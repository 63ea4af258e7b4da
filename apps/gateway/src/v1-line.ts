/** One line of a v1 client, before its request is answered. */
import type { RequestResult } from "@tidewire/protocol";

/** Characters of a line that cost as much as one request: long ones take longer to read. */
const CHARACTERS_PER_TOKEN = 1_024;

/** How many requests a line counts as. */
export function costOfLine(line: string): number {
  return 1 + Math.floor(line.length / CHARACTERS_PER_TOKEN);
}

export function isConnect(result: RequestResult): boolean {
  return result.kind === "request" && result.request.type === "connect";
}
