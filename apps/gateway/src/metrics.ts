/** What Prometheus may ask: numbers that others keep anyway, read when it asks. */
import { collectDefaultMetrics, Counter, Gauge, Registry } from "@prometheus-io/client";
import type { Broker } from "@tidewire/broker";
import type { ErrorCode } from "@tidewire/protocol";
import type { CloseCause } from "./connection.ts";
import type { HubCounts } from "./hub.ts";

export interface MetricsSources {
  readonly broker: Broker;
  readonly connections: () => number;
  readonly hub: () => HubCounts;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #refusals: Counter<"code">;
  readonly #closes: Counter<"code">;

  constructor(sources: MetricsSources) {
    collectDefaultMetrics({ register: this.#registry });
    this.#refusals = this.#counter(
      "tidewire_refusals_total",
      "Refused requests and upgrades, by error code.",
    );
    this.#closes = this.#counter(
      "tidewire_closes_total",
      "Ended WebSockets, by the gateway's close code, or client, or lost.",
    );
    this.#read("tidewire_connections", "WebSockets open now.", sources.connections);
    this.#read("tidewire_channels", "Channels with a subscriber here.", () => sources.hub().channels);
    this.#read("tidewire_broker_up", "1 while the broker's link is up.", () =>
      sources.broker.link.state === "up" ? 1 : 0,
    );
    this.#count(
      "tidewire_publications_total",
      "Publications that had a subscriber here.",
      () => sources.hub().publications,
    );
    this.#count(
      "tidewire_deliveries_total",
      "Publications times their subscribers here.",
      () => sources.hub().deliveries,
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

  /** The text of one scrape. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #counter(name: string, help: string): Counter<"code"> {
    return new Counter({ name, help, labelNames: ["code"], registers: [this.#registry] });
  }

  #read(name: string, help: string, value: () => number): void {
    const gauge: Gauge = new Gauge({ name, help, registers: [], collect: () => gauge.set(value()) });
    this.#registry.registerMetric(gauge);
  }

  // The hot path only adds to plain numbers; the counter is brought up to them when it is read.
  #count(name: string, help: string, value: () => number): void {
    const collect = () => {
      counter.reset();
      counter.inc(value());
    };
    const counter: Counter = new Counter({ name, help, registers: [], collect });
    this.#registry.registerMetric(counter);
  }
}
