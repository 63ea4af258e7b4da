/** The ways to push to this channel from elsewhere, as text to copy. */

import type { Json } from "@tidewire/sdk";
import { socketUrl, type PagePlace } from "../rooms/channel-location.ts";

export interface PushCommand {
  readonly title: string;
  /** One sentence; one part between backticks is code. */
  readonly note?: string;
  readonly code: string;
}

export interface PushTarget {
  readonly place: PagePlace;
  readonly channel: string;
  readonly defaultChannel: string;
  /** Whether it is a stream channel. */
  readonly isKept: boolean;
  /** Whether messages there say who speaks. */
  readonly isTalk: boolean;
  /** Whose own channel it is, where it is one: servers reach it by that, and clients may not write to it. */
  readonly ownUser?: string | undefined;
  /** Whether a client needs a token: its place is shown, never the token itself. */
  readonly isSignedIn: boolean;
}

const PLAIN_ARGUMENT = /^[A-Za-z0-9_./:@][A-Za-z0-9_./:@-]*$/;

const TOKEN_PLACE = "token=YOUR-TOKEN";

/** Quotes for a POSIX shell: inside single quotes nothing means anything but the quote itself. */
export function shellArgument(text: string): string {
  return PLAIN_ARGUMENT.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** What somebody says there who is called so. */
function sayingOf({ isTalk }: PushTarget, text: string, name: string): Json {
  return isTalk ? { text, name, id: name } : text;
}

export function consoleCommand(target: PushTarget): string {
  const { place, channel, defaultChannel, isTalk, isSignedIn } = target;
  // The address without its closing slash is the shortest that can be typed by hand.
  const bare = socketUrl(place, channel, defaultChannel).replace(/\/$/, "");
  const url = isSignedIn ? withTokenPlace(bare) : bare;
  const hello = JSON.stringify(sayingOf(target, "hello", "console"));
  return [
    `const ws = new WebSocket(${JSON.stringify(url)});`,
    "ws.onmessage = (e) => console.log(e.data);",
    `ws.onopen = () => ws.send(${isTalk ? `JSON.stringify(${hello})` : hello});`,
  ].join("\n");
}

function withTokenPlace(url: string): string {
  return url.includes("?") ? `${url}&${TOKEN_PLACE}` : `${url}/?${TOKEN_PLACE}`;
}

export function curlCommand(target: PushTarget): string {
  const { place, channel, ownUser } = target;
  const whither = ownUser === undefined ? { channel } : { userId: ownUser };
  const body = shellArgument(JSON.stringify({ ...whither, message: sayingOf(target, "data", "curl") }));
  const url = shellArgument(`${place.protocol}//${place.host}/message`);
  return `curl -H 'content-type: application/json' -d ${body} ${url}`;
}

export function publisherCommand(target: PushTarget): string {
  const { channel, isKept, isTalk, ownUser } = target;
  const start = `pnpm --filter publisher exec publish ${isKept ? "--stream " : ""}`;
  if (ownUser !== undefined) {
    const separator = ownUser.startsWith("-") ? "=" : " ";
    return `${start}--user${separator}${shellArgument(ownUser)} "only for you"`;
  }
  const spoken = isTalk ? shellArgument(JSON.stringify(sayingOf(target, "data", "publisher"))) : '"data"';
  // A name that begins with a dash would be taken for an option.
  const dashes = channel.startsWith("-") ? "-- " : "";
  return `${start}${dashes}${shellArgument(channel)} ${spoken}`;
}

export function pushCommands(target: PushTarget): readonly PushCommand[] {
  const inConsole = {
    title: "Browser console",
    note: "On any page that the browser lets reach this gateway.",
    code: consoleCommand(target),
  };
  return [...(target.ownUser === undefined ? [inConsole] : []), ...serverCommands(target)];
}

/** Those of servers alone. */
export function serverCommands(target: PushTarget): readonly PushCommand[] {
  const { place, isKept } = target;
  const origin = `${place.protocol}//${place.host}`;
  const isUsualHost = /^(127\.0\.0\.1|localhost):1234$/.test(place.host);
  const elsewhere = isUsualHost ? "" : ` Without Redis, add \`--gateway ${shellArgument(origin)}\`.`;
  return [
    {
      title: "HTTP",
      note: "From this machine; a gateway with an API key also wants `-H 'authorization: Bearer KEY'`.",
      code: curlCommand(target),
    },
    {
      title: "Publisher",
      note: `In Tidewire’s folder; it stands in for your business server.${elsewhere}`,
      code: publisherCommand(target),
    },
    {
      title: "Redis",
      note: isKept
        ? "Only when the gateway uses Redis; it is noticed within seconds, or at once where the rule has `tail`."
        : "Only when the gateway uses Redis; a configured prefix goes before the name.",
      code: redisCommand(target),
    },
  ];
}

/** On a stream channel, what is not in the stream does not count. The fields of an entry become an object. */
function redisCommand(target: PushTarget): string {
  const { channel, isKept, isTalk } = target;
  const name = shellArgument(channel);
  if (isKept) {
    const fields = isTalk ? 'text "data" name redis id redis' : 'message "data"';
    return `redis-cli XADD ${name} '*' ${fields}`;
  }
  const spoken = isTalk ? shellArgument(JSON.stringify(sayingOf(target, "data", "redis"))) : '"data"';
  return `redis-cli PUBLISH ${name} ${spoken}`;
}
