/** The gateway that a command speaks to: where it is, the key for it, and what it says when it says no. */

export interface Gateway {
  readonly url: URL;
  /** For a gateway that wants one. Goes into requests, and nowhere else. */
  readonly apiKey: string | undefined;
}

/** Why a gateway did not give what it was asked for. */
export interface Failure {
  readonly ok: false;
  readonly reason: string;
  /** Whether asking again can't help. */
  readonly isFinal: boolean;
  /** That of its answer; absent when there was none. */
  readonly status?: number;
  /** When it wants to be asked again, in milliseconds from now. */
  readonly retryAfterMs?: number;
}

export interface Question {
  readonly path: string;
  readonly query: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const DEFAULT_GATEWAY = new URL("http://127.0.0.1:1234/");

/** How long a gateway may take to answer, in milliseconds. */
export const GATEWAY_TIMEOUT_MS = 2_000;

/** The status of what a gateway can't do, as when nothing is kept of a channel. */
export const UNSUPPORTED = 501;

export const NOBODY_LISTENS = "nothing listens there (connection refused)";

/** What the name of a connection's end means to people; other names are shown as they are. */
const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: NOBODY_LISTENS,
  ECONNRESET: "the connection was lost",
  UND_ERR_SOCKET: "the connection was lost",
};

/** The URL of `--gateway`. Adds a fault when it is none, or holds what belongs into the environment. */
export function readGatewayUrl(text: string, faults: string[]): URL {
  const url = URL.parse(text);
  const isHttp = url?.protocol === "http:" || url?.protocol === "https:";
  if (isHttp && url.username === "" && url.password === "") return url;
  faults.push("--gateway must look like http://127.0.0.1:1234; its key goes into API_KEY");
  return DEFAULT_GATEWAY;
}

export function readApiKey(env: Environment, faults: string[]): string | undefined {
  const apiKey = env["API_KEY"] || undefined;
  if (apiKey !== undefined && !/^[!-~]+$/.test(apiKey)) {
    faults.push("API_KEY must be ASCII without white space");
  }
  return apiKey;
}

/** Where `path` is on the gateway, which may itself be under a path of a larger site. */
export function endpointOf(url: URL, path: string): URL {
  return new URL(path, url.href.endsWith("/") ? url : `${url.href}/`);
}

export function authorizationOf({ apiKey }: Pick<Gateway, "apiKey">): Record<string, string> {
  return apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
}

/** Asks with GET. Every answer but 200 is a failure, in the gateway's own words if it has some. */
export async function ask(
  gateway: Gateway,
  { path, query, headers, signal }: Question,
): Promise<{ readonly ok: true; readonly response: Response } | Failure> {
  const { origin } = gateway.url;
  const endpoint = endpointOf(gateway.url, path);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) endpoint.searchParams.set(name, String(value));
  }
  try {
    const response = await fetch(endpoint, { headers: { ...headers, ...authorizationOf(gateway) }, signal });
    if (response.status === 200) return { ok: true, response };
    const answer: unknown = await response.json().catch(() => undefined);
    const seconds = Number(response.headers.get("retry-after"));
    return {
      ok: false,
      reason: `${origin}: ${refusalOf(answer, response.status)}`,
      isFinal: isRefusal(response.status),
      status: response.status,
      ...(seconds > 0 && { retryAfterMs: seconds * 1_000 }),
    };
  } catch (error) {
    return { ok: false, reason: `${origin}: ${causeOf(error)}`, isFinal: false };
  }
}

/** The words of a gateway's refusal. What answers may be anything: without words the status has to do. */
export function refusalOf(answer: unknown, status: number): string {
  const { error } = (answer ?? {}) as { error?: { message?: unknown } };
  return typeof error?.message === "string" ? error.message : `answered ${status}`;
}

/** What kept a request from being answered. fetch says "fetch failed" and keeps what happened in the cause. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${GATEWAY_TIMEOUT_MS} ms`;
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : error.message;
  return CAUSES[code] ?? code;
}

// The question itself is refused, or this gateway can't answer it; 408 and 429 are about the moment.
function isRefusal(status: number): boolean {
  return (status >= 400 && status < 500 && status !== 408 && status !== 429) || status === UNSUPPORTED;
}
