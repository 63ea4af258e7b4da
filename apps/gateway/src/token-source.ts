/** Where a client may put its token at the upgrade. */
import type { IncomingHttpHeaders } from "node:http";
import { TOKEN_SUBPROTOCOL_PREFIX } from "@tidewire/protocol";
import { parseCookie } from "cookie";

export interface TokenSourceOptions {
  /** The name of the cookie. */
  readonly cookie: string;
  /** Origins besides the gateway's own whose pages may use the cookie. */
  readonly allowedOrigins: readonly string[];
}

/**
 * The token of a request, from the first of: `Authorization: Bearer`, the subprotocol `tidewire.token.<token>`, the query
 * parameter `token`, the cookie.
 *
 * A browser sends the cookie with whatever page asks, so it counts only for pages of this host and of listed origins.
 */
export function tokenOf(
  headers: IncomingHttpHeaders,
  query: URLSearchParams,
  options: TokenSourceOptions,
): string | undefined {
  const [scheme, bearer] = (headers.authorization ?? "").split(" ");
  if (scheme?.toLowerCase() === "bearer" && bearer) return bearer;
  const offered = (headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  const name = offered.find((each) => each.startsWith(TOKEN_SUBPROTOCOL_PREFIX));
  if (name) return name.slice(TOKEN_SUBPROTOCOL_PREFIX.length);
  return query.get("token") || cookieOf(headers, options);
}

function cookieOf(
  headers: IncomingHttpHeaders,
  { cookie, allowedOrigins }: TokenSourceOptions,
): string | undefined {
  const { origin, host, cookie: header } = headers;
  if (!header || origin === undefined) return undefined;
  const isOwnPage = origin === `http://${host}`;
  return isOwnPage || allowedOrigins.includes(origin) ? parseCookie(header)[cookie] || undefined : undefined;
}
