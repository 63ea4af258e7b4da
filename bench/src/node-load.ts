/**
 * The load generator for machines without a C compiler: the options, the meaning and the result of load/load.c.
 *
 * It costs far more CPU than the one in C and is itself what limits a fast server.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { WebSocket } from "ws";
import { Histogram } from "./histogram.ts";
import type { LoadResult } from "./load.ts";
import { type LoadOptions, readLoadOptions } from "./load-options.ts";
import { Counts, MarkerStream } from "./markers.ts";
import { Publisher } from "./node-publisher.ts";

const READY_LIMIT_MS = 30_000;
const PROBE_EVERY_MS = 1_000;
/** Handshakes that are under way at a time: fewer than any server lets wait. */
const MAX_OPENING = 200;
/** Longest wait for something to read: more may be due by then. */
const WAIT_MS = 5;
/** Of CPU time in /proc, on every platform that Node runs on. */
const TICKS_PER_SECOND = 100;
/** Application pings, of Socket.IO, Centrifugo and NATS, and their answers. */
const ANSWERS: Readonly<Record<string, string>> = { "2": "3", "{}": "{}", "PING\r\n": "PONG\r\n" };
const LONGEST_PING = 8;

const options = readLoadOptions(process.argv.slice(2));
const counts = new Counts();
const latencies = new Histogram();
const sockets: WebSocket[] = [];
const streams: MarkerStream[] = [];
/** Ends the wait for something to read. */
let wake = () => {};

function nowNs(): number {
  return Number(process.hrtime.bigint());
}

function fail(error: unknown): never {
  process.stderr.write(`load: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

/** What /proc says of a process; nothing when it is gone. */
function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}

/** Fields 14 and 15 of `stat`, behind a name in brackets that may hold anything: ticks in user and kernel mode. */
function cpuSeconds({ pids }: LoadOptions): number {
  const ticks = pids.map((pid) => {
    const fields = readProc(pid, "stat").split(") ").at(-1)?.split(" ") ?? [];
    return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  });
  return ticks.reduce((sum, each) => sum + each, 0) / TICKS_PER_SECOND;
}

function rssKb({ pids }: LoadOptions): number {
  const sizes = pids.map((pid) => /^VmRSS:\s+(\d+)/m.exec(readProc(pid, "status"))?.[1]);
  return sizes.reduce((sum, size) => sum + Number(size ?? 0), 0);
}

function receive(socket: WebSocket, stream: MarkerStream, data: Buffer, isBinary: boolean): void {
  counts.readAt = nowNs();
  wake();
  if (data.length <= LONGEST_PING) {
    const answer = ANSWERS[data.toString("latin1")];
    if (answer !== undefined) socket.send(answer, { binary: isBinary });
  }
  stream.scan(data);
}

/** Until something was read, together with all else that can be read by then; or for a moment. */
function untilRead(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, WAIT_MS);
    wake = () => {
      wake = () => {};
      clearTimeout(timer);
      setImmediate(resolve);
    };
  });
}

async function openOne(index: number): Promise<void> {
  const { port, path, subprotocol, hellos, isBinary, channels } = options;
  const channel = index % channels;
  const fill = (template: string) => template.replaceAll("%d", String(channel));
  const offered = subprotocol === "" ? [] : [subprotocol];
  const socket = new WebSocket(`ws://127.0.0.1:${port}${fill(path)}`, offered, {
    perMessageDeflate: false,
    skipUTF8Validation: true,
  });
  const stream = new MarkerStream({ counts, channel, channels, onLatency: (value) => latencies.add(value) });
  sockets[index] = socket;
  streams[index] = stream;
  socket.on("message", (data: Buffer, binary) => receive(socket, stream, data, binary));
  socket.once("close", () => {
    counts.closed += 1;
  });
  await once(socket, "open").catch((error: Error) => {
    throw new Error(`the handshake was refused: ${error.message}`);
  });
  socket.on("error", () => {});
  for (const hello of hellos) socket.send(fill(hello), { binary: isBinary });
}

async function openAll(): Promise<void> {
  const indices = Array.from({ length: options.connections }, (_, index) => index).values();
  const worker = async () => {
    for (const index of indices) await openOne(index);
  };
  await Promise.all(Array.from({ length: MAX_OPENING }, worker));
}

/** Probes are published until each connection has one: only then is it sure that all are subscribed. */
async function untilReady(publisher: Publisher): Promise<void> {
  const end = performance.now() + READY_LIMIT_MS;
  while (counts.ready < options.connections) {
    if (performance.now() > end) {
      throw new Error(`only ${counts.ready} of ${options.connections} connections received a probe`);
    }
    for (let channel = 0; channel < options.channels; channel += 1) publisher.add(0, channel, 0);
    publisher.flush();
    const again = performance.now() + PROBE_EVERY_MS;
    while (counts.ready < options.connections && performance.now() < again) await wait(1);
  }
  // Until no probe is on its way any more.
  for (let before = -1; before !== counts.probes;) {
    before = counts.probes;
    await wait(200);
  }
}

/** Messages that nobody counts, in the closed loop, so that what compiles as it runs has done so. */
async function warmUp(publisher: Publisher): Promise<void> {
  const { connections, channels, window, timeLimit } = options;
  const readers = connections / channels;
  const end = performance.now() + timeLimit * 1_000;
  counts.probes = 0;
  for (let published = 0; counts.probes < options.warmUp * readers && performance.now() < end;) {
    for (; published < options.warmUp && counts.probes >= (published - window) * readers; published += 1)
      publisher.add(0, published % channels, 0);
    publisher.flush();
    await untilRead();
  }
}

/** How many messages should have been published by now. */
function dueCount(start: number, now: number, readers: number): number {
  const { rate, window, messages } = options;
  const due = rate > 0 ? ((now - start) / 1e9) * rate + 1 : counts.delivered / readers + window;
  return Math.min(Math.floor(due), messages);
}

/** Publishes for so long or so many, and waits for the rest. Returns how many messages were published. */
async function publishAll(publisher: Publisher, start: number): Promise<number> {
  const { connections, stopped, channels, rate, duration, quiet, timeLimit } = options;
  const readers = (connections - stopped) / channels;
  let goal = options.messages;
  let published = 0;
  let publishedAt = start;
  for (let now = start; now < start + timeLimit * 1e9 && counts.delivered < goal * readers; now = nowNs()) {
    if (duration > 0 && now >= start + duration * 1e9) goal = published;
    for (const due = dueCount(start, now, readers); published < due && published < goal; publishedAt = now) {
      published += 1;
      // In the open loop a message counts from when it was due, so that a lagging generator does not hide it.
      const dueAt = rate > 0 ? start + ((published - 1) / rate) * 1e9 : nowNs();
      publisher.add(published, (published - 1) % channels, dueAt);
    }
    publisher.flush();
    const isDone = published === goal || rate <= 0;
    if (isDone && now > Math.max(counts.lastAt, publishedAt) + quiet * 1e9) break;
    await (rate > 0 ? wait(1) : untilRead());
  }
  return published;
}

/** Numbers that were passed over, and those that had not come at the end. */
function losses(published: number): { lost: number; late: number } {
  const readers = streams.slice(0, options.connections - options.stopped);
  const expected = (channel: number) => Math.ceil((published - channel) / options.channels);
  return {
    lost: readers.reduce((sum, { last, received }) => sum + last + 1 - received, 0),
    late: readers.reduce((sum, { last, channel }) => sum + expected(channel) - (last + 1), 0),
  };
}

type ConnectResult = Pick<
  LoadResult,
  | "connectSeconds"
  | "connectsPerSecond"
  | "connectCpuMicros"
  | "rssStartKb"
  | "rssIdleKb"
  | "idleKbPerConnection"
>;

async function connectAll(): Promise<ConnectResult> {
  const { connections, settle } = options;
  const rssStartKb = rssKb(options);
  const cpu = cpuSeconds(options);
  const start = nowNs();
  await openAll();
  const connectSeconds = (nowNs() - start) / 1e9;
  const connectCpuMicros = ((cpuSeconds(options) - cpu) * 1e6) / connections;
  await wait(settle * 1_000);
  const rssIdleKb = rssKb(options);
  const idleKbPerConnection = (rssIdleKb - rssStartKb) / connections;
  const connectsPerSecond = connections / connectSeconds;
  return { connectSeconds, connectsPerSecond, connectCpuMicros, rssStartKb, rssIdleKb, idleKbPerConnection };
}

function stopReading(socket: WebSocket): void {
  // What was read before and not yet told is not heard any more either.
  socket.removeAllListeners("message");
  socket.pause();
}

type PublishResult = Pick<LoadResult, "published" | "seconds" | "cpuSeconds" | "generatorBusy">;

async function publish(): Promise<PublishResult> {
  if (options.publish === "none") return { published: 0, seconds: 0, cpuSeconds: 0, generatorBusy: 0 };
  const publisher = await Publisher.open(options, fail);
  await untilReady(publisher);
  await warmUp(publisher);
  for (const socket of sockets.slice(options.connections - options.stopped)) stopReading(socket);
  counts.reset();
  latencies.reset();
  for (const stream of streams) stream.reset();
  const cpu = cpuSeconds(options);
  const ownCpu = process.cpuUsage();
  const start = nowNs();
  const published = await publishAll(publisher, start);
  const { user, system } = process.cpuUsage(ownCpu);
  const generatorBusy = ((user + system) * 1_000) / (nowNs() - start + 1);
  const cpuUsed = cpuSeconds(options) - cpu;
  publisher.close();
  const seconds = Math.max(0, (counts.lastAt - start) / 1e9);
  return { published, seconds, cpuSeconds: cpuUsed, generatorBusy };
}

async function main(): Promise<void> {
  const connected = await connectAll();
  const result = await publish();
  const { delivered, duplicates, reordered, stray, closed } = counts;
  const readers = (options.connections - options.stopped) / options.channels;
  const whole: LoadResult = {
    generator: "node",
    connections: options.connections,
    ...connected,
    ...result,
    rssEndKb: rssKb(options),
    delivered,
    duplicates,
    reordered,
    stray,
    closed,
    ...losses(result.published),
    expected: result.published * readers,
    deliveriesPerSecond: result.seconds > 0 ? delivered / result.seconds : 0,
    cpuMicrosPer1000: (result.cpuSeconds * 1e9) / Math.max(delivered, 1),
    p50Ms: latencies.at(0.5) / 1e6,
    p99Ms: latencies.at(0.99) / 1e6,
    maxMs: latencies.at(1) / 1e6,
  };
  process.stdout.write(`${JSON.stringify(whole)}\n`);
  for (const socket of sockets) socket.terminate();
}

await main().catch(fail);
