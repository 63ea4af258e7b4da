/** nginx by the recipe docs/deploy/nginx.conf, before two gateways: only ports and paths differ. */
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
import type { TestGateway } from "./test-gateway.ts";

/** Where the recipes are. */
export const FOLDER = fileURLToPath(new URL("../../../docs/deploy/", import.meta.url));
const RECIPE = readFileSync(join(FOLDER, "nginx.conf"), "utf8");

export type Pair = readonly [left: TestGateway, right: TestGateway];

/** Addresses of clients out in the world. To nginx all of the test is 127.0.0.1, so a header plays the others. */
export const [ALICE, BOB, CAROL] = ["203.0.113.7", "203.0.113.8", "2001:db8::9"] as const;
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

export class Nginx implements AsyncDisposable {
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

  async call(address: string, path: string, call: Call = {}): Promise<Answer> {
    const response = await this.open(address, path, call);
    return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
  }

  /** An answer that may go on. The path goes out as it is written here. */
  async open(
    address: string,
    path: string,
    { method = "GET", headers, body }: Call = {},
  ): Promise<IncomingMessage> {
    const options = { host: "127.0.0.1", port: this.#port, path, method, agent: false };
    const request = this.#isTls ? requestTls : requestPlain;
    const call = request({ ...options, ...this.#options(address, headers) }).end(body);
    const [response] = (await once(call, "response")) as [IncomingMessage];
    return response;
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
