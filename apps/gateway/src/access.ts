/** Who may call: the rules for the Host and Origin of a caller, for local callers, and for the API key. */
import type { IncomingHttpHeaders } from "node:http";
import { BlockList, isIP } from "node:net";
import type { Refusal } from "@tidewire/protocol";
import { type ApiKey, findApiKey, type Scope } from "./api-keys.ts";

export interface AccessRules {
  /** Origins that may open WebSockets; empty: any. */
  readonly allowedOrigins: readonly string[];
  /** The keys of the server API. Without any only local callers are answered. */
  readonly apiKeys: readonly ApiKey[];
  /** Serves callers under any Host name, though nobody signs in. */
  readonly isInsecure: boolean;
  /** Present when clients sign in. */
  readonly identity: object | undefined;
}

export interface Caller {
  readonly headers: IncomingHttpHeaders;
  /** Of the peer of the TCP connection. */
  readonly address: string | undefined;
}

/** Headers by which a proxy gives itself away, besides X-Forwarded-*. */
const PROXY_HEADERS = new Set(["forwarded", "via", "x-real-ip", "x-client-ip"]);

/** `host[:port]` (RFC 9110, section 7.2); an IPv6 address stands in brackets. */
const HOST = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::\d{1,5})?$/i;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Whether an IP address, IPv4-mapped ones included, or the name `localhost` can only mean this machine. */
export function isLoopback(host: string): boolean {
  const version = isIP(host);
  if (version === 0) return host === "localhost" || host.endsWith(".localhost");
  return LOOPBACK.check(host, version === 6 ? "ipv6" : "ipv4");
}

/** Why a WebSocket may not be opened by this caller, or `undefined` if it may. */
export function refuseUpgrade({ headers }: Caller, rules: AccessRules): Refusal | undefined {
  // A page of another site can point its own name at 127.0.0.1 (DNS rebinding); the Host header still tells. Where
  // clients sign in such a page has no token.
  if (!rules.isInsecure && !rules.identity && !isLoopbackHost(headers.host)) {
    return { code: "forbidden_host", message: "Host must name this machine's loopback, such as localhost." };
  }
  const { origin } = headers;
  if (rules.allowedOrigins.length === 0 || origin === undefined) return undefined;
  // The gateway's own page; with any Host allowed, a foreign name that was pointed here would look like it.
  const isOwnPage = !rules.isInsecure && origin === `http://${headers.host}`;
  if (isOwnPage || rules.allowedOrigins.includes(origin)) return undefined;
  return { code: "forbidden_origin", message: "Pages of this origin may not connect; see ALLOWED_ORIGINS." };
}

/**
 * The headers by which a browser lets a page of another origin read an answer (CORS): for pages that may open WebSockets
 * here, and no others. Only a listed origin may read what was asked for with a cookie.
 */
export function readableBy(caller: Caller, rules: AccessRules): Readonly<Record<string, string>> {
  const { origin } = caller.headers;
  if (origin === undefined || refuseUpgrade(caller, rules)) return {};
  return {
    "access-control-allow-origin": origin,
    vary: "Origin",
    ...(rules.allowedOrigins.includes(origin) && { "access-control-allow-credentials": "true" }),
  };
}

/** Why this caller may not use that part of the server API, or `undefined` if it may. */
export function refuseApiCall(caller: Caller, rules: AccessRules, scope: Scope): Refusal | undefined {
  if (rules.apiKeys.length === 0) {
    return isLocal(caller)
      ? undefined
      : { code: "forbidden", message: "Without an API_KEY the server API answers local programs only." };
  }
  const [scheme, key, ...rest] = (caller.headers.authorization ?? "").split(" ");
  const isBearer = scheme?.toLowerCase() === "bearer" && rest.length === 0;
  const found = isBearer ? findApiKey(key ?? "", rules.apiKeys) : undefined;
  if (found?.scopes.includes(scope)) return undefined;
  if (found) return { code: "forbidden", message: `This key is not good for "${scope}".` };
  return { code: "unauthorized", message: 'Say "Authorization: Bearer <API_KEY>".' };
}

// A program on this machine, not a browser sent by a foreign page and not a proxy that speaks for somebody else.
function isLocal({ headers, address }: Caller): boolean {
  if (address === undefined || !isLoopback(address) || !isLoopbackHost(headers.host)) return false;
  const isProxied = Object.keys(headers).some(
    (name) => PROXY_HEADERS.has(name) || name.startsWith("x-forwarded"),
  );
  if (isProxied) return false;
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  return headers.origin === undefined || headers.origin === `http://${headers.host}`;
}

function isLoopbackHost(host = ""): boolean {
  const [, address, name] = HOST.exec(host) ?? [];
  return isLoopback((address ?? name ?? "").toLowerCase());
}
