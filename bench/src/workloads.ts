/** What is measured: every workload and its numbers, in one table. */

/** The figure that tells servers apart in a workload, and that is compared with the limit. */
export type Yardstick = "deliveriesPerSecond" | "cpuMicrosPer1000" | "idleKbPerConnection";

export interface Workload {
  readonly name: string;
  readonly title: string;
  readonly yardstick: Yardstick;
  readonly connections: number;
  /** Channels that the connections are spread over. @default 1 */
  readonly channels?: number;
  /** The last so many connections stop reading once they are subscribed. @default 0 */
  readonly stopped?: number;
  /** Time between the last handshake and the measurement of idle memory. @default 1 */
  readonly settleSeconds?: number;
  /** How long what is not delivered is waited for, in seconds. @default MEASURED */
  readonly patience?: Patience;
  /** Absent when nothing is published. */
  readonly traffic?: ClosedLoop | OpenLoop;
}

interface Patience {
  /** From when the publishing is to end. */
  readonly overtime: number;
  /** From the last delivery. */
  readonly quiet: number;
}

/** As fast as it goes: so many messages are under way at any time. */
interface ClosedLoop {
  readonly kind: "closed";
  readonly payloadBytes: number;
  readonly window: number;
  /** Time for which messages are published, in seconds. */
  readonly seconds: number;
  /** Messages before the measurement, in a closed loop, which nobody counts. */
  readonly warmUp: number;
}

/** At a steady pace, whether or not the server keeps up. */
interface OpenLoop {
  readonly kind: "open";
  readonly payloadBytes: number;
  /** Messages a second. */
  readonly rate: number;
  /** Time for which messages are published, in seconds. */
  readonly seconds: number;
  /** As in {@link ClosedLoop}. */
  readonly warmUp: number;
}

// Warming up takes about as many deliveries everywhere: enough for code that is compiled as it runs.
const CLOSED = { kind: "closed", payloadBytes: 128, window: 32, seconds: 4, warmUp: 300 } as const;
const OPEN = { kind: "open", payloadBytes: 128, seconds: 5 } as const;

export const WORKLOADS: readonly Workload[] = [
  {
    name: "closed",
    title: "Closed loop, 1,000 connections, 128 B, 32 messages under way",
    yardstick: "deliveriesPerSecond",
    connections: 1_000,
    traffic: CLOSED,
  },
  {
    name: "closed-32",
    title: "Closed loop, 1,000 connections, 32 B, 32 messages under way",
    yardstick: "deliveriesPerSecond",
    connections: 1_000,
    traffic: { ...CLOSED, payloadBytes: 32 },
  },
  {
    name: "closed-4k",
    title: "Closed loop, 1,000 connections, 4 KiB, 32 messages under way",
    yardstick: "deliveriesPerSecond",
    connections: 1_000,
    traffic: { ...CLOSED, payloadBytes: 4_096 },
  },
  {
    name: "open-100",
    title: "Open loop, 100 connections, 128 B, 5,000 messages a second",
    yardstick: "cpuMicrosPer1000",
    connections: 100,
    traffic: { ...OPEN, rate: 5_000, warmUp: 3_000 },
  },
  {
    name: "open-5000",
    title: "Open loop, 5,000 connections, 128 B, 10 messages a second",
    yardstick: "cpuMicrosPer1000",
    connections: 5_000,
    traffic: { ...OPEN, rate: 10, warmUp: 60 },
  },
  {
    name: "idle",
    title: "Idle, 10,000 connections",
    yardstick: "idleKbPerConnection",
    connections: 10_000,
    settleSeconds: 3,
  },
  {
    name: "channels",
    title: "Closed loop, 10,000 channels of one subscriber each, 128 B, 2,048 messages under way",
    yardstick: "deliveriesPerSecond",
    connections: 10_000,
    channels: 10_000,
    traffic: { ...CLOSED, window: 2_048, warmUp: 100_000 },
  },
  {
    name: "stopped",
    title: "Closed loop, 1,000 connections of which 10 have stopped reading, 4 KiB, 32 messages under way",
    yardstick: "deliveriesPerSecond",
    connections: 1_000,
    stopped: 10,
    traffic: { ...CLOSED, payloadBytes: 4_096 },
  },
];

/** Connections and seconds of `--quick`, which shows that everything works and measures nothing. */
const QUICK_CONNECTIONS = 100;
const QUICK_STOPPED = 2;
const QUICK_SECONDS = 0.5;
const QUICK_RATE = 500;
const QUICK_SETTLE_SECONDS = 0.1;
/** However slow the machine is. */
const QUICK_PATIENCE: Patience = { overtime: 60, quiet: 60 };

/** The same with small numbers. */
export function quickened(workload: Workload): Workload {
  const { channels = 1, stopped = 0, traffic, connections } = workload;
  return {
    ...workload,
    title: `${workload.title} (quick: fewer and shorter)`,
    connections: Math.min(connections, QUICK_CONNECTIONS),
    channels: Math.min(channels, QUICK_CONNECTIONS),
    stopped: Math.min(stopped, QUICK_STOPPED),
    settleSeconds: QUICK_SETTLE_SECONDS,
    patience: QUICK_PATIENCE,
    ...(traffic && { traffic: quickenedTraffic(traffic) }),
  };
}

function quickenedTraffic(traffic: ClosedLoop | OpenLoop): ClosedLoop | OpenLoop {
  const common = { seconds: QUICK_SECONDS, warmUp: Math.min(traffic.warmUp, QUICK_CONNECTIONS) };
  if (traffic.kind === "closed") return { ...traffic, ...common };
  return { ...traffic, ...common, rate: Math.min(traffic.rate, QUICK_RATE) };
}

/** Most messages that a closed loop may publish; time ends it long before. */
const MAX_MESSAGES = 100_000_000;
const MEASURED: Patience = { overtime: 10, quiet: 3 };

/** The options of the load generator that a workload comes to. */
export function loadOptions(workload: Workload): string[] {
  const { connections, channels = 1, stopped = 0, settleSeconds = 1, traffic } = workload;
  const { overtime, quiet } = workload.patience ?? MEASURED;
  const options: Record<string, number> = { connections, channels, stopped, settle: settleSeconds };
  if (traffic) {
    const { seconds, payloadBytes, warmUp } = traffic;
    Object.assign(options, { bytes: payloadBytes, "warm-up": warmUp, quiet });
    Object.assign(options, { "time-limit": seconds + overtime });
    if (traffic.kind === "closed")
      Object.assign(options, { window: traffic.window, duration: seconds, messages: MAX_MESSAGES });
    else Object.assign(options, { rate: traffic.rate, messages: Math.round(traffic.rate * seconds) });
  }
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}
