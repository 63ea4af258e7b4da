/** Channel names: what may name a channel, and which channel belongs to a user. */

/** Longest channel name, in characters (all of them are ASCII, so bytes too). */
export const MAX_CHANNEL_LENGTH = 255;

/** The channel that plain clients join when neither they nor the operator name another. */
export const DEFAULT_CHANNEL = "channel";

// The path characters of RFC 3986, section 3.3, with "/" and without "&" and "*":
// a name can stand in a URL, in a Redis key and in a shell word, and "*" stays free for patterns.
const STRAY_CHARACTER = /[^A-Za-z0-9\-._~!$'()+,;=:@/%]/u;

/** Names that begin so are Tidewire's own on Redis, or kept for later, and never channels. */
const RESERVED_PREFIXES = ["tidewire:", "__"] as const;

/**
 * Says why `name` can't be a channel, as a sentence for the one who chose it, or `undefined` when it can be one.
 *
 * A name is 1 to {@link MAX_CHANNEL_LENGTH} of the letters, digits and signs `- . _ ~ ! $ ' ( ) + , ; = : @ / %`
 * and does not begin with `tidewire:` or `__`.
 */
export function channelFault(name: string): string | undefined {
  if (name.length === 0) return "A channel name can't be empty.";
  if (name.length > MAX_CHANNEL_LENGTH) {
    return `A channel name has at most ${MAX_CHANNEL_LENGTH} characters; this one has ${name.length}.`;
  }
  const stray = STRAY_CHARACTER.exec(name)?.[0];
  if (stray !== undefined) {
    const shown = /\s/u.test(stray) ? "white space" : `"${stray}"`;
    return `A channel name can't hold ${shown}: use A-Z, a-z, 0-9 and - . _ ~ ! $ ' ( ) + , ; = : @ / %`;
  }
  const reserved = RESERVED_PREFIXES.find((prefix) => name.startsWith(prefix));
  return reserved && `Names that begin with "${reserved}" are reserved.`;
}

/**
 * The channel that reaches every connection of one user: `user:` and the id, percent-encoded into the grammar.
 *
 * @throws URIError when the id holds a lone surrogate; check `isWellFormed()` on input from outside.
 */
export function userChannel(userId: string): string {
  return `user:${encodeUserId(userId)}`;
}

/**
 * A user id as it stands in the name of a channel. It holds no comma, which separates several.
 *
 * @throws URIError as {@link userChannel}
 */
export function encodeUserId(userId: string): string {
  return encodeURIComponent(userId).replaceAll("*", "%2A");
}
