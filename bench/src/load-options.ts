/** The command line of the load generator for Node, which is that of load/options.c. */
import { parseArgs } from "node:util";

/** Templates get the number of a channel in the place of `%d`. Times are in seconds. */
export interface LoadOptions {
  readonly connections: number;
  readonly port: number;
  readonly channels: number;
  readonly stopped: number;
  readonly bytes: number;
  readonly messages: number;
  readonly warmUp: number;
  readonly window: number;
  /** Messages a second; 0 for a closed loop. */
  readonly rate: number;
  readonly timeLimit: number;
  readonly duration: number;
  readonly settle: number;
  readonly quiet: number;
  readonly path: string;
  /** Offered in the handshake; empty for none. */
  readonly subprotocol: string;
  readonly hellos: readonly string[];
  readonly isBinary: boolean;
  readonly publish: (typeof KINDS)[number];
  readonly publishPort: number;
  readonly channel: string;
  readonly publishHeaders: readonly string[];
  /** Bytes around each payload. */
  readonly before: Buffer;
  readonly after: Buffer;
  readonly pids: readonly number[];
}

/** Nothing, PUBLISH, XADD, POST, or what NATS wants. */
const KINDS = ["none", "redis", "stream", "http", "nats"] as const;

const NUMBERS = {
  connections: "100",
  port: "0",
  channels: "1",
  stopped: "0",
  bytes: "128",
  messages: "1000",
  "warm-up": "0",
  window: "32",
  rate: "0",
  "time-limit": "30",
  duration: "0",
  settle: "0.5",
  quiet: "2",
  "publish-port": "6379",
};
const TEXTS = {
  path: "/",
  subprotocol: "",
  publish: "none",
  channel: "channel",
  before: "",
  after: "",
  pids: "",
};

/** Throws an error that can be shown when the options are not sound. */
export function readLoadOptions(args: readonly string[]): LoadOptions {
  const texts = { ...NUMBERS, ...TEXTS };
  const single = Object.entries(texts).map(
    ([name, text]) => [name, { type: "string", default: text }] as const,
  );
  const many = ["hello", "publish-header"].map(
    (name) => [name, { type: "string", multiple: true, default: [] as string[] }] as const,
  );
  const options = {
    ...Object.fromEntries(single),
    ...Object.fromEntries(many),
    binary: { type: "boolean" },
  } as const;
  const values: Readonly<Record<string, unknown>> = parseArgs({ args: [...args], options }).values;
  const text = (name: string) => String(values[name]);
  const number = (name: string) => Number(values[name]);
  const list = (name: string) => values[name] as string[];
  const publish = KINDS.find((kind) => kind === text("publish"));
  if (!publish) throw new Error(`--publish is ${KINDS.join(", ")}, not ${text("publish")}`);
  return checked({
    connections: number("connections"),
    port: number("port"),
    channels: number("channels"),
    stopped: number("stopped"),
    bytes: number("bytes"),
    messages: number("messages"),
    warmUp: number("warm-up"),
    window: number("window"),
    rate: number("rate"),
    timeLimit: number("time-limit"),
    duration: number("duration"),
    settle: number("settle"),
    quiet: number("quiet"),
    path: text("path"),
    subprotocol: text("subprotocol"),
    hellos: list("hello"),
    isBinary: values["binary"] === true,
    publish,
    publishPort: number("publish-port"),
    channel: text("channel"),
    publishHeaders: list("publish-header"),
    before: Buffer.from(text("before"), "hex"),
    after: Buffer.from(text("after"), "hex"),
    pids: text("pids").split(",").filter(Boolean).map(Number),
  });
}

function checked(options: LoadOptions): LoadOptions {
  const { connections, channels, stopped, port, window, bytes, messages } = options;
  const isSound =
    Object.values(options).every((value) => !Number.isNaN(value)) &&
    [connections, channels, port, window, bytes].every((value) => value > 0) &&
    messages >= 0 &&
    connections % channels === 0 &&
    stopped >= 0 &&
    stopped < connections &&
    (stopped === 0 || channels === 1);
  if (!isSound) {
    throw new Error("options that do not fit together; the connections are a multiple of the channels");
  }
  return options;
}
