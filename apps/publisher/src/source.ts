/** The messages of one call, as they become due. */
import { setTimeout as wait } from "node:timers/promises";
import type { Source } from "./plan.ts";

/** Longest line that is taken as a message, in bytes; a longer one is a file piped in by mistake. */
export const MAX_LINE_BYTES = 1_048_576;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** @throws RangeError when a line is longer than {@link MAX_LINE_BYTES} */
export async function* messages(source: Source, input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (source.kind === "lines") yield* lines(input);
  else yield* repeated(Buffer.from(source.data), source.everyMs, source.count ?? Number.POSITIVE_INFINITY);
}

// Each tick is due at a multiple of the interval after the first, however long publishing took.
async function* repeated(payload: Buffer, everyMs: number, count: number): AsyncGenerator<Buffer> {
  const start = performance.now();
  for (let tick = 0; tick < count; tick += 1) {
    const due = start + tick * everyMs;
    if (due > performance.now()) await wait(due - performance.now());
    yield payload;
  }
}

// Bytes, not text: what is not UTF-8 goes out as it came. A line ends with LF or CRLF; the last one may just end.
async function* lines(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let length = 0;
  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      yield withoutReturn(Buffer.concat([...pieces, chunk.subarray(start, end)]));
      pieces = [];
      length = 0;
      start = end + 1;
    }
    pieces.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > MAX_LINE_BYTES) throw new RangeError(`a line is longer than ${MAX_LINE_BYTES} bytes`);
  }
  if (length > 0) yield withoutReturn(Buffer.concat(pieces));
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}
