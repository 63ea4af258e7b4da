/** Where the channel's name is kept: the page's address. */

const PARAMETER = "channel";

export function channelInAddress(search: string, fallback: string): string {
  const chosen = new URLSearchParams(search).get(PARAMETER);
  return chosen === null || chosen === "" ? fallback : chosen;
}

/** The page's address with the channel chosen; the default channel needs no mention. */
export function addressWithChannel(href: string, channel: string, fallback: string): string {
  const address = new URL(href);
  if (channel === fallback) address.searchParams.delete(PARAMETER);
  else address.searchParams.set(PARAMETER, channel);
  return address.href;
}

export interface PagePlace {
  readonly protocol: string;
  readonly host: string;
}

export function socketUrl(place: PagePlace, channel: string, fallback: string): string {
  const scheme = place.protocol === "https:" ? "wss" : "ws";
  const query = channel === fallback ? "" : `?${PARAMETER}=${encodeURIComponent(channel)}`;
  return `${scheme}://${place.host}/${query}`;
}

/** The token that the page's address holds, if it holds one. */
export function tokenInAddress(search: string): string | undefined {
  return new URLSearchParams(search).get("token") || undefined;
}
