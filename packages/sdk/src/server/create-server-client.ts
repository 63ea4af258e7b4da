/** The way in for servers. */
import { defaultEnvironment } from "../environment.ts";
import { withDefaults } from "../options.ts";
import { TidewireError } from "../tidewire-error.ts";
import { type Fetch, HttpApi } from "./http-api.ts";
import { ServerClient } from "./server-client.ts";

/** Times of one call. */
export interface ServerLimits {
  /**
   * How long a call may take with all its repetitions. For a publication it must be shorter than the gateway remembers
   * keys (five minutes, unless configured), or what is repeated late could happen twice.
   *
   * @default 10_000 // ms
   */
  readonly timeoutMs: number;
  /** How long one try may take before it counts as failed and is repeated. @default 5_000 // ms */
  readonly attemptTimeoutMs: number;
}

export interface ServerOptions extends Partial<ServerLimits> {
  /** One of the gateway's keys. Without one, only a gateway without keys on the same machine answers. */
  readonly apiKey?: string | undefined;
  /** @default the platform's */
  readonly fetch?: Fetch;
}

const DEFAULT_LIMITS: ServerLimits = { timeoutMs: 10_000, attemptTimeoutMs: 5_000 };

/**
 * A client of the server API of any gateway. It holds no connection and no timer between calls, and need not be closed.
 *
 * @param url of a gateway, or of the load balancer before all of them; what is under a path of its own keeps it
 * @throws TypeError for a URL that is none
 * @throws TidewireError `bad_request` for a URL that is not HTTP or holds a password, for a key that no header can say,
 *   and for a time that is no number from 0 on
 */
export function createServerClient(url: string | URL, options: ServerOptions = {}): ServerClient {
  const { apiKey, fetch = (...request) => globalThis.fetch(...request) } = options;
  const limits = withDefaults(DEFAULT_LIMITS, options);
  // What a platform says of a header or URL that it does not take names its value.
  if (apiKey !== undefined && !/^[!-~]+$/.test(apiKey)) {
    throw new TidewireError("bad_request", "An API key is ASCII without white space.");
  }
  const environment = defaultEnvironment();
  return new ServerClient(
    new HttpApi({ base: baseOf(url), apiKey, fetch, limits, environment }),
    environment,
  );
}

function baseOf(url: string | URL): URL {
  const base = new URL(String(url).replace(/^ws/, "http"));
  const isPlain = /^https?:$/.test(base.protocol) && base.username === "" && base.password === "";
  if (!isPlain) {
    throw new TidewireError("bad_request", "The URL must be http: or https:, without user and password.");
  }
  base.search = "";
  base.hash = "";
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  return base;
}
