/** A whole gateway inside the test's process, on a port that the system chose. */
import { type Broker, type BrokerHandlers, createMemoryBroker } from "@tidewire/broker";
import { connectPlain, connectV1, type PlainClient, refusedUpgrade, type V1Client } from "@tidewire/testkit";
import { pino } from "pino";
import { type Config, readConfig } from "../src/config.ts";
import { startGateway } from "../src/gateway.ts";

export interface TestGatewayOptions {
  readonly config?: Partial<Config>;
  readonly createBroker?: (handlers: BrokerHandlers) => Broker;
  /** Gets each line of the log. */
  readonly onLog?: (line: string) => void;
}

export interface TestGateway extends AsyncDisposable {
  readonly url: string;
  readonly webSocketUrl: string;
  readonly drain: () => Promise<void>;
  readonly connect: (query?: string, protocols?: readonly string[]) => Promise<PlainClient>;
  /** A v1 client that has said connect. */
  readonly connectV1: () => Promise<V1Client>;
  readonly refused: typeof refusedUpgrade;
  readonly post: (body: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The defaults, without a look at the environment of the test. */
export function testConfig(overrides: Partial<Config> = {}): Config {
  const result = readConfig([], {});
  if (result.kind !== "config") throw new Error("the defaults are not sound");
  return { ...result.config, port: 0, ...overrides };
}

export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const { createBroker = createMemoryBroker, onLog } = options;
  const log = onLog ? pino({ base: null }, { write: onLog }) : pino({ level: "silent" });
  const gateway = await startGateway({ config: testConfig(options.config), log, createBroker });
  const url = `http://${gateway.address}/`;
  const webSocketUrl = `ws://${gateway.address}/`;
  return {
    url,
    webSocketUrl,
    drain: gateway.drain,
    connect: (query = "", protocols = []) => connectPlain(webSocketUrl + query, protocols),
    async connectV1() {
      const client = await connectV1(webSocketUrl);
      await client.request("connect");
      return client;
    },
    refused: (path, protocols, clientOptions) =>
      refusedUpgrade(webSocketUrl + path, protocols, clientOptions),
    post: (body, headers) => postJson(`${url}message`, body, headers),
    [Symbol.asyncDispose]: () => gateway.drain(),
  };
}

/** A string body is sent as it is, anything else as JSON. */
export async function postJson(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}
