/** What Prometheus may ask: numbers that others keep anyway, read when it asks. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "@prometheus-io/client";
import type { Broker } from "@tidewire/broker";
import type { ErrorCode } from "@tidewire/protocol";
import type { CloseCause } from "./connection.ts";
import type { Connections } from "./connections.ts";
import type { Verdict } from "./hooks.ts";
import type { HubCounts } from "./hub.ts";
import type { PresenceRooms } from "./presence-rooms.ts";
import type { StreamChannels } from "./stream-channels.ts";

/** Upper bounds, in seconds. */
const FANOUT_BUCKETS = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];
const HOOK_BUCKETS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];

export interface MetricsSources {
  readonly broker: Broker;
  readonly connections: () => Connections["counts"];
  readonly hub: () => HubCounts;
  readonly streams: () => StreamChannels["counts"];
  readonly presence: () => PresenceRooms["counts"] & { readonly held: number };
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #refusals: Counter<"code">;
  readonly #closes: Counter<"code">;
  readonly #fanOut: Histogram;
  readonly #hookRequests: Counter<"outcome">;
  readonly #hookTimes: Histogram;
  #linkLosses = 0;
  #timerTicks = 0;

  constructor({ broker, connections, hub, streams, presence }: MetricsSources) {
    collectDefaultMetrics({ register: this.#registry });
    this.#refusals = this.#labelled(
      "tidewire_refusals_total",
      "Refused requests and upgrades, by error code.",
    );
    this.#closes = this.#labelled(
      "tidewire_closes_total",
      "Ended connections, by the gateway's close code, or client, lost, silent or backlog.",
    );
    this.#fanOut = new Histogram({
      name: "tidewire_fanout_seconds",
      help: "Time to write what arrived in one turn of the event loop to all its subscribers.",
      buckets: FANOUT_BUCKETS,
      registers: [this.#registry],
    });
    this.#hookRequests = new Counter({
      name: "tidewire_hook_requests_total",
      help: "Questions to the application, by outcome: allowed, forbidden or failed.",
      labelNames: ["outcome"],
      registers: [this.#registry],
    });
    this.#hookTimes = new Histogram({
      name: "tidewire_hook_seconds",
      help: "Time until the application answered, or failed to.",
      buckets: HOOK_BUCKETS,
      registers: [this.#registry],
    });
    this.#addTraffic(broker, connections, hub);
    this.#addStreams(streams);
    this.#addPresence(presence);
    this.#counter(
      "tidewire_link_losses_total",
      "Times that the broker's link was lost.",
      () => this.#linkLosses,
    );
    this.#counter(
      "tidewire_timer_ticks_total",
      "Ticks of timers that this gateway published.",
      () => this.#timerTicks,
    );
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  refused(code: ErrorCode): void {
    this.#refusals.inc({ code });
  }

  closed(cause: CloseCause): void {
    this.#closes.inc({ code: String(cause) });
  }

  fannedOut(durationMs: number): void {
    this.#fanOut.observe(durationMs / 1_000);
  }

  hookAnswered(outcome: Verdict, durationMs: number): void {
    this.#hookRequests.inc({ outcome });
    this.#hookTimes.observe(durationMs / 1_000);
  }

  linkLost(): void {
    this.#linkLosses += 1;
  }

  timerTicked(): void {
    this.#timerTicks += 1;
  }

  /** The text of one scrape. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #addTraffic(broker: Broker, connections: MetricsSources["connections"], hub: MetricsSources["hub"]): void {
    this.#gauge(
      "tidewire_connections",
      "WebSockets and streams of events open now.",
      () => connections().connections,
    );
    this.#gauge("tidewire_buffered_bytes", "Bytes that wait to be sent.", () => connections().bufferedBytes);
    this.#gauge("tidewire_channels", "Channels with a subscriber here.", () => hub().channels);
    this.#gauge("tidewire_broker_up", "1 while the broker's link is up.", () =>
      broker.link.state === "up" ? 1 : 0,
    );
    this.#counter(
      "tidewire_client_messages_total",
      "Messages that clients sent.",
      () => connections().clientMessages,
    );
    this.#counter(
      "tidewire_publications_total",
      "Publications that had a subscriber here.",
      () => hub().publications,
    );
    this.#counter(
      "tidewire_deliveries_total",
      "Publications times their subscribers here.",
      () => hub().deliveries,
    );
  }

  #addStreams(streams: MetricsSources["streams"]): void {
    this.#gauge("tidewire_streams", "Stream channels that are read here.", () => streams().streams);
    this.#gauge(
      "tidewire_readers_behind",
      "Readers of stream channels not at the head.",
      () => streams().behind,
    );
    this.#gauge(
      "tidewire_recent_bytes",
      "Memory for the newest entries of streams.",
      () => streams().recentBytes,
    );
    this.#counter("tidewire_stream_reads_total", "Reads of streams.", () => streams().reads);
    this.#counter("tidewire_stream_gaps_total", "Gaps in stream channels.", () => streams().gaps);
    this.#counter(
      "tidewire_stray_publications_total",
      "Publications on the name of a stream channel that are in no stream.",
      () => streams().strays,
    );
  }

  #addPresence(presence: MetricsSources["presence"]): void {
    this.#gauge(
      "tidewire_presence_members",
      "Members of channels with presence that are held here.",
      () => presence().held,
    );
    this.#gauge(
      "tidewire_presence_rooms",
      "Channels of which somebody here wants to know who is there.",
      () => presence().rooms,
    );
    this.#counter(
      "tidewire_presence_notices_total",
      "Steps of those channels that were heard.",
      () => presence().notices,
    );
    this.#counter(
      "tidewire_presence_resets_total",
      "Times that who is there had to be asked anew.",
      () => presence().resets,
    );
  }

  #labelled(name: string, help: string): Counter<"code"> {
    return new Counter({ name, help, labelNames: ["code"], registers: [this.#registry] });
  }

  #gauge(name: string, help: string, value: () => number): void {
    const gauge: Gauge = new Gauge({ name, help, registers: [], collect: () => gauge.set(value()) });
    this.#registry.registerMetric(gauge);
  }

  // The hot path only adds to plain numbers; the counter is brought up to them when it is read.
  #counter(name: string, help: string, value: () => number): void {
    const collect = () => {
      counter.reset();
      counter.inc(value());
    };
    const counter: Counter = new Counter({ name, help, registers: [], collect });
    this.#registry.registerMetric(counter);
  }
}
