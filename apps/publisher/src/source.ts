/** The messages of one call, as they become due. */
import { addAbortSignal, type Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { Source } from "./plan.ts";

/** Longest line that is taken as a message, in bytes; a longer one is a file piped in by mistake. */
export const MAX_LINE_BYTES = 1_048_576;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Ends early, and without an error, when `stop` is aborted.
 *
 * @throws RangeError when a line is longer than {@link MAX_LINE_BYTES}
 */
export async function* messages(source: Source, input: Readable, stop: AbortSignal): AsyncGenerator<Buffer> {
  try {
    if (source.kind === "lines") yield* lines(addAbortSignal(stop, input));
    else yield* repeated(source, stop);
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}

// Each tick is due at a multiple of the interval after the first, however long publishing took.
async function* repeated(
  source: Extract<Source, { kind: "repeat" }>,
  stop: AbortSignal,
): AsyncGenerator<Buffer> {
  const { data, everyMs, count = Number.POSITIVE_INFINITY } = source;
  const payload = Buffer.from(data);
  const start = performance.now();
  for (let tick = 0; tick < count; tick += 1) {
    const due = start + tick * everyMs;
    if (due > performance.now()) await wait(due - performance.now(), undefined, { signal: stop });
    yield payload;
  }
}

// Bytes, not text: what is not UTF-8 goes out as it came. A line ends with LF or CRLF; the last one may just end.
async function* lines(input: Readable): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let length = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
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
