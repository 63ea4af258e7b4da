/** The recipe docs/deploy/nginx.conf before gateways set up by docs/deploy/gateway.json: only ports and paths differ. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import {
  connectPlain,
  freePort,
  LOCALHOST_CERTIFICATE,
  type PlainClient,
  Program,
  refusedUpgrade,
} from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import { readConfig } from "../src/config.ts";
import type { Limits } from "../src/limits.ts";
import { startTestGateway, type TestGateway } from "./test-gateway.ts";

const FOLDER = fileURLToPath(new URL("../../../docs/deploy/", import.meta.url));
const RECIPE = readFileSync(join(FOLDER, "nginx.conf"), "utf8");
const API_KEY = "a-key-of-the-test";

/** Addresses of clients out in the world. To nginx all of the test is 127.0.0.1, so a header plays the others. */
const [ALICE, BOB, CAROL] = ["203.0.113.7", "203.0.113.8", "2001:db8::9"] as const;
const REAL_ADDRESS = "X-Test-Client";

/** Where distributions put nginx, which is often not on the path of a user. */
const PATH = `${process.env["PATH"]}:/usr/sbin:/usr/local/sbin:/opt/homebrew/bin`;

type Change = readonly [place: RegExp, replacement: string];

/** The recipe with each change made; a place that is not there is a fault of the test. */
function changed(recipe: string, changes: readonly Change[]): string {
  return changes.reduce((current, [place, replacement]) => {
    if (!place.test(current)) throw new Error(`the recipe has no ${place}`);
    return current.replace(place, () => replacement);
  }, recipe);
}

const ONE_MACHINE: readonly Change[] = [
  [/^user .*$/m, `user ${userInfo().username};`],
  [/^pid .*$/m, "pid nginx.pid;"],
  [/access_log \S+ tidewire;/, "access_log access.log tidewire;"],
  [/error_log \S+ crit;/, "error_log stderr crit;"],
  [
    /^http \{$/m,
    `http {
       set_real_ip_from 127.0.0.1;
       real_ip_header ${REAL_ADDRESS};
       client_body_temp_path body; proxy_temp_path proxy;
       fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;`,
  ],
];

function tls(port: number): readonly Change[] {
  return [
    [/listen 443 ssl;\s+listen \[::\]:443 ssl;/, `listen 127.0.0.1:${port} ssl;`],
    [/ssl_certificate \S+;/, `ssl_certificate ${LOCALHOST_CERTIFICATE};`],
    [
      /ssl_certificate_key \S+;/,
      `ssl_certificate_key ${join(dirname(LOCALHOST_CERTIFICATE), "localhost.key.pem")};`,
    ],
  ];
}

/** What the recipe says is to be done for plain HTTP. */
function plain(port: number): readonly Change[] {
  return [
    [/# --- With TLS[^]*# --- end of TLS/, `listen 127.0.0.1:${port};`],
    [/server \{\s+listen 80;[^}]*\}/, ""],
  ];
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

class Nginx implements AsyncDisposable {
  readonly #program: Program;
  readonly #folder: string;
  readonly #port: number;
  readonly #isTls: boolean;

  private constructor(program: Program, folder: string, port: number, isTls: boolean) {
    this.#program = program;
    this.#folder = folder;
    this.#port = port;
    this.#isTls = isTls;
  }

  /** Resolves when its workers run. */
  static async start([left, right]: Pair, isTls = true): Promise<Nginx> {
    const folder = await mkdtemp(join(tmpdir(), "tidewire-nginx-"));
    const file = join(folder, "nginx.conf");
    for (;;) {
      const port = await freePort();
      const listens = isTls
        ? [...tls(port), [/listen 80;\s+listen \[::\]:80;/, `listen 127.0.0.1:${await freePort()};`] as const]
        : plain(port);
      const gateways: readonly Change[] = [
        [/server 127\.0\.0\.1:1234 /, `server ${new URL(left.url).host} `],
        [/server 127\.0\.0\.1:1235 /, `server ${new URL(right.url).host} `],
      ];
      await writeFile(file, changed(RECIPE, [...ONE_MACHINE, ...gateways, ...listens]));
      // What nginx says of itself, at the level of notices, is apart from what it says of requests.
      const args = ["-p", folder, "-c", file, "-e", "stderr", "-g", "daemon off; error_log stderr notice;"];
      const program = new Program("nginx", args, { env: { ...process.env, PATH } });
      const line = await program.line(/start worker process |Address already in use/);
      if (line.includes("start worker")) return new Nginx(program, folder, port, isTls);
      await program.result;
    }
  }

  connect(address: string, query = ""): Promise<PlainClient> {
    return connectPlain(this.#url(query), [], this.#options(address));
  }

  refused(
    address: string,
    headers: Readonly<Record<string, string>> = {},
  ): ReturnType<typeof refusedUpgrade> {
    return refusedUpgrade(this.#url(""), [], this.#options(address, headers));
  }

  /** The path goes out as it is written here. */
  async call(address: string, path: string, { method = "GET", headers, body }: Call = {}): Promise<Answer> {
    const options = { host: "127.0.0.1", port: this.#port, path, method, agent: false };
    const request = this.#isTls ? requestTls : requestPlain;
    const call = request({ ...options, ...this.#options(address, headers) }).end(body);
    const [response] = (await once(call, "response")) as [IncomingMessage];
    return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
  }

  /** Ends when all requests have ended, and says what was logged. */
  async quit(): Promise<string> {
    this.#program.kill("SIGQUIT");
    const { stdout, stderr } = await this.#program.result;
    return [stdout, stderr, await readFile(join(this.#folder, "access.log"), "utf8")].join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A killed master would leave its workers behind.
    this.#program.kill("SIGTERM");
    await this.#program.result;
    await rm(this.#folder, { recursive: true, force: true });
  }

  #url(query: string): string {
    return `${this.#isTls ? "wss" : "ws"}://127.0.0.1:${this.#port}/${query}`;
  }

  #options(address: string, headers: Readonly<Record<string, string>> = {}) {
    return {
      headers: { host: "push.example.com", [REAL_ADDRESS]: address, ...headers },
      ...(this.#isTls && { ca: readFileSync(LOCALHOST_CERTIFICATE), servername: "localhost" }),
    };
  }
}

type Pair = readonly [left: TestGateway, right: TestGateway];

/** Two gateways, each of which puts its name before what its clients send. */
async function startPair(limits: Partial<Limits> = {}): Promise<Pair & AsyncDisposable> {
  const recipe = readConfig(["--config", join(FOLDER, "gateway.json")], { API_KEY });
  if (recipe.kind !== "config") throw new Error(JSON.stringify(recipe));
  const config = {
    ...recipe.config,
    port: 0,
    limits: { ...recipe.config.limits, drainNoticeMs: 0, drainTimeoutMs: 20, ...limits },
  };
  const left = await startTestGateway({ config: { ...config, textPrefix: "left: " } });
  const right = await startTestGateway({ config: { ...config, textPrefix: "right: " } });
  const stop = async () => void (await Promise.all([left.drain(), right.drain()]));
  return Object.assign([left, right] as const, { [Symbol.asyncDispose]: stop });
}

/** Which of the two a client is at. */
async function gatewayOf(client: PlainClient): Promise<string> {
  client.send("hello");
  return String(await client.next());
}

async function metricsOf(gateway: TestGateway): Promise<string> {
  return (await fetch(`${gateway.url}metrics`)).text();
}

describe("two gateways behind nginx", () => {
  test("serve clients, both of them, and the page", async () => {
    await using pair = await startPair();
    await using nginx = await Nginx.start(pair);
    await using alice = await nginx.connect(ALICE);
    await using bob = await nginx.connect(BOB);
    expect([await gatewayOf(alice), await gatewayOf(bob)].toSorted()).toEqual([
      "left: hello",
      "right: hello",
    ]);
    const page = await nginx.call(ALICE, "/");
    expect(page).toMatchObject({ status: 200, headers: { "content-type": "text/html; charset=utf-8" } });
    const [script = ""] = /\/assets\/[^"]+\.js/.exec(page.body) ?? [];
    for (const path of [script, "/favicon.svg"]) expect((await nginx.call(ALICE, path)).status).toBe(200);
  });

  test("serve clients in the variant without TLS", async () => {
    await using pair = await startPair();
    await using nginx = await Nginx.start(pair, false);
    await using client = await nginx.connect(ALICE, "?channel=room:42");
    expect(await gatewayOf(client)).toMatch(/^(left|right): hello$/);
  });

  test.each([
    "/message",
    "//message",
    "/%6dessage",
    "/assets/../message",
    "/message?x",
    "/metrics",
    "/readyz",
    "/healthz",
    "/elsewhere",
  ])("are not asked when the world asks for %s", async (path) => {
    await using pair = await startPair();
    await using nginx = await Nginx.start(pair);
    const body = JSON.stringify({ channel: "channel", message: "x" });
    const headers = { authorization: `Bearer ${API_KEY}`, "content-type": "application/json" };
    for (const call of [{}, { method: "POST", headers, body }]) {
      const answer = await nginx.call(ALICE, path, call);
      expect(answer).toMatchObject({
        status: 403,
        headers: { server: "nginx", "content-type": "text/html" },
      });
    }
  });

  test("take publications from inside through nginx, with the key", async () => {
    await using pair = await startPair();
    await using nginx = await Nginx.start(pair);
    const body = JSON.stringify({ channel: "channel", message: "x" });
    const headers = { "content-type": "application/json" };
    const post = { method: "POST", headers, body };
    expect((await nginx.call("127.0.0.1", "/message", post)).status).toBe(401);
    const withKey = { ...post, headers: { ...headers, authorization: `Bearer ${API_KEY}` } };
    expect((await nginx.call("127.0.0.1", "/message", withKey)).status).toBe(200);
  });
});

describe("the address of a client behind nginx is its own", () => {
  const TOO_MANY = { status: 429, body: { error: { code: "too_many_connections" } } };

  test("each gateway counts its connections by it", async () => {
    await using pair = await startPair({ maxConnectionsPerAddress: 1 });
    await using nginx = await Nginx.start(pair);
    await using first = await nginx.connect(ALICE);
    await using second = await nginx.connect(ALICE);
    expect(await nginx.refused(ALICE)).toMatchObject(TOO_MANY);
    await using bob = await nginx.connect(BOB);
    await using carol = await nginx.connect(CAROL);
    for (const client of [first, second, bob, carol]) {
      expect(await gatewayOf(client)).toMatch(/^(left|right): hello$/);
    }
  });

  test.each([BOB, "127.0.0.1", `${BOB}, 127.0.0.1`, "nonsense"])(
    "and a client that says X-Forwarded-For: %s gains nothing",
    async (forged) => {
      await using pair = await startPair({ maxConnectionsPerAddress: 1 });
      await using nginx = await Nginx.start(pair);
      await using first = await nginx.connect(ALICE);
      await using second = await nginx.connect(ALICE);
      expect(await nginx.refused(ALICE, { "x-forwarded-for": forged })).toMatchObject(TOO_MANY);
      // Nor does it take the place of the one that it names.
      await using bob = await nginx.connect(BOB);
      for (const client of [first, second, bob]) {
        expect(await gatewayOf(client)).toMatch(/^(left|right): hello$/);
      }
    },
  );
});

describe("when one gateway stops", () => {
  test("its clients are told to come back, and come to the other", async () => {
    await using pair = await startPair();
    const [left] = pair;
    await using nginx = await Nginx.start(pair);
    const clients = [await nginx.connect(ALICE), await nginx.connect(BOB)];
    const places = await Promise.all(clients.map(gatewayOf));
    await left.drain();
    const client = clients[places.indexOf("left: hello")];
    expect(await client?.closed).toMatchObject({ code: 4000, reason: expect.stringContaining("come back") });
    for (let index = 0; index < 4; index += 1) {
      await using again = await nginx.connect(ALICE);
      expect(await gatewayOf(again)).toBe("right: hello");
    }
    await Promise.all(clients.map((each) => each[Symbol.asyncDispose]()));
  });

  test("nobody new sees its refusals while it still waits for its clients", async () => {
    await using pair = await startPair({ drainTimeoutMs: 10_000 });
    const [left] = pair;
    await using nginx = await Nginx.start(pair);
    await using slow = await connectPlain(left.webSocketUrl);
    slow.socket.pause();
    const drained = left.drain();
    const clients: PlainClient[] = [];
    for (let index = 0; index < 4; index += 1) clients.push(await nginx.connect(ALICE));
    for (const client of clients) expect(await gatewayOf(client)).toBe("right: hello");
    expect(await metricsOf(left)).toContain('tidewire_refusals_total{code="unavailable"}');
    for (const client of clients) await client[Symbol.asyncDispose]();
    slow.socket.terminate();
    await drained;
  });
});

test("nginx logs the address and the path of a client, and never the query, also when it fails", async () => {
  await using pair = await startPair();
  await using nginx = await Nginx.start(pair);
  const client = await nginx.connect(ALICE, "?token=canary");
  expect(await gatewayOf(client)).toMatch(/^(left|right): hello$/);
  await client[Symbol.asyncDispose]();
  await nginx.call(ALICE, "/metrics?token=canary", { headers: { referer: "https://x.example/?canary" } });
  await Promise.all(pair.map((gateway) => gateway.drain()));
  expect((await nginx.call(BOB, "/?token=canary")).status).toBe(502);
  const log = await nginx.quit();
  expect(log).toMatch(/^203\.0\.113\.7 \S+ "GET \/ HTTP\/1\.1" 101 /m);
  expect(log).toMatch(/^203\.0\.113\.7 \S+ "GET \/metrics HTTP\/1\.1" 403 /m);
  expect(log).toMatch(/^203\.0\.113\.8 \S+ "GET \/ HTTP\/1\.1" 502 /m);
  expect(log).not.toContain("canary");
});
