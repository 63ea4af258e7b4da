/** The way in. */
import { defaultEnvironment } from "./environment.ts";
import type { Link } from "./link.ts";
import type { ConnectOptions } from "./options.ts";
import { OwnLink } from "./own-link.ts";
import { Tidewire } from "./tidewire.ts";

/**
 * A client that connects at once and comes back by itself until `close()`. Nothing need be waited for: subscriptions and
 * publications may be made right away. Whatever goes wrong later is told by its state, and never thrown.
 *
 * @param url of a gateway, `ws:`, `wss:`, `http:` or `https:`; in a page it may be relative, such as `/`
 * @throws TypeError for a URL that is none
 * @throws TidewireError `bad_request` for a limit that is no number from 0 on
 */
export function connect(url: string | URL, options: ConnectOptions = {}): Tidewire {
  return new Tidewire(openLink(url, options));
}

/** What {@link connect} makes a client of, with the same faults. */
export function openLink(url: string | URL, options: ConnectOptions): Link {
  // Node.js has no location.
  const base = (globalThis as { readonly location?: { readonly href: string } }).location?.href;
  const { href } = new URL(url, base);
  const own = defaultEnvironment();
  const environment = options.share?.(own) ?? own;
  return new OwnLink(href.replace(/^http/, "ws"), options, environment);
}
