/** Markers in a stream of bytes, as the load generator for Node finds them. */
import { expect, test } from "vitest";
import { Counts, MarkerStream, type StreamOptions } from "../src/markers.ts";

interface Scanned {
  readonly counts: Counts;
  readonly stream: MarkerStream;
  readonly latencies: number[];
}

function scan(pieces: readonly string[], options: Partial<StreamOptions> = {}): Scanned {
  const counts = new Counts();
  counts.readAt = 1_000;
  const latencies: number[] = [];
  const onLatency = (value: number): void => void latencies.push(value);
  const stream = new MarkerStream({ counts, channel: 0, channels: 1, onLatency, ...options });
  for (const piece of pieces) stream.scan(Buffer.from(piece));
  return { counts, stream, latencies };
}

/** Numbers as a server would send them. */
function markers(...numbers: number[]): string {
  return numbers.map((number) => `<@@${number},7;xx>`).join("");
}

test("markers are found wherever the bytes are cut in two, or in three", () => {
  const text = "a@b@@c @@@@1,10;x@@2,20;@@@3,30;";
  for (let first = 0; first <= text.length; first += 1) {
    for (let second = first; second <= text.length; second += 1) {
      const pieces = [text.slice(0, first), text.slice(first, second), text.slice(second)];
      const { counts, latencies } = scan(pieces);
      expect(counts, `cut at ${first} and ${second}`).toMatchObject({ delivered: 3, reordered: 0 });
      expect(latencies).toEqual([990, 980, 970]);
    }
  }
});

test("what only begins like a marker is none, and never waited for without end", () => {
  const { counts } = scan(["@@,;", "@@1;", "@@1,x;", `@@${"1".repeat(60)}`, "@@1,", "5", "@", "@2,5;"]);

  expect(counts).toMatchObject({ delivered: 1, probes: 0 });
});

test("number 0 is a probe, and makes a connection ready once", () => {
  const { counts } = scan([markers(0, 0, 1)]);

  expect(counts).toMatchObject({ probes: 2, ready: 1, delivered: 1 });
});

test("numbers are counted for each channel", () => {
  const { counts, stream } = scan([markers(2, 5, 8, 9)], { channel: 1, channels: 3 });

  expect(counts).toMatchObject({ delivered: 3, stray: 1 });
  expect(stream).toMatchObject({ last: 2, received: 3 });
});

test("a double and one that comes late are told apart", () => {
  const { counts, stream } = scan([markers(1, 2, 4, 3, 3, 6)]);

  expect(counts).toMatchObject({ delivered: 5, reordered: 1, duplicates: 1 });
  expect(stream).toMatchObject({ last: 5, received: 5 });
});

test("a double is also told after a long gap", () => {
  const { counts } = scan([markers(1, 300, 300, 1_000, 999, 999, 745, 744)]);

  // 745 is the oldest that is kept in mind when 1,000 was the last; 744 is taken for a double.
  expect(counts).toMatchObject({ delivered: 5, reordered: 2, duplicates: 3 });
});

test("a reset forgets all but who is ready and which connections were closed", () => {
  const { counts, stream } = scan([markers(0, 1, 2)]);
  counts.closed = 3;

  counts.reset();
  stream.reset();
  stream.scan(Buffer.from(markers(0, 1)));

  expect(counts).toMatchObject({ ready: 1, closed: 3, delivered: 1, duplicates: 0, probes: 1 });
});

test("a message that was due later than it was read took no time", () => {
  expect(scan(["@@1,2000;"]).latencies).toEqual([0]);
});
