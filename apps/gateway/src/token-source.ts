/** Where a client may put its token when it comes. */
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
 * A browser sends the cookie with whatever page asks, so it counts only for pages of this host and of listed origins. Where
 * it sends no Origin, as for the events of the gateway's own page, it says by Sec-Fetch-Site that the page is of the same
 * origin. Without either header the cookie does not count: an old browser would send neither for a foreign page's picture.
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
  if (!header) return undefined;
  const isOwnPage =
    origin === undefined ? headers["sec-fetch-site"] === "same-origin" : origin === `http://${host}`;
  const isListed = origin !== undefined && allowedOrigins.includes(origin);
  return isOwnPage || isListed ? parseCookie(header)[cookie] || undefined : undefined;
}
