/** The ways to push to this channel from elsewhere, as text to copy. */

import { socketUrl, type PagePlace } from "./channel-location.ts";

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
}

const PLAIN_ARGUMENT = /^[A-Za-z0-9_./:@][A-Za-z0-9_./:@-]*$/;

/** Quotes for a POSIX shell: inside single quotes nothing means anything but the quote itself. */
export function shellArgument(text: string): string {
  return PLAIN_ARGUMENT.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

export function consoleCommand({ place, channel, defaultChannel }: PushTarget): string {
  // The address without its closing slash is the shortest that can be typed by hand.
  const url = socketUrl(place, channel, defaultChannel).replace(/\/$/, "");
  return [
    `const ws = new WebSocket(${JSON.stringify(url)});`,
    "ws.onmessage = (e) => console.log(e.data);",
    'ws.onopen = () => ws.send("hello");',
  ].join("\n");
}

export function curlCommand({ place, channel }: PushTarget): string {
  const body = shellArgument(JSON.stringify({ channel, message: "data" }));
  const url = shellArgument(`${place.protocol}//${place.host}/message`);
  return `curl -H 'content-type: application/json' -d ${body} ${url}`;
}

export function pushCommands(target: PushTarget): readonly PushCommand[] {
  const { place, channel } = target;
  const name = shellArgument(channel);
  // A name that begins with a dash would be taken for an option.
  const dashes = channel.startsWith("-") ? "-- " : "";
  const origin = `${place.protocol}//${place.host}`;
  const isUsualHost = /^(127\.0\.0\.1|localhost):1234$/.test(place.host);
  const elsewhere = isUsualHost ? "" : ` Without Redis, add \`--gateway ${shellArgument(origin)}\`.`;
  return [
    {
      title: "Browser console",
      note: "On any page that the browser lets reach this gateway.",
      code: consoleCommand(target),
    },
    {
      title: "HTTP",
      note: "From this machine; a gateway with an API key also wants `-H 'authorization: Bearer KEY'`.",
      code: curlCommand(target),
    },
    {
      title: "Publisher",
      note: `In Tidewire’s folder; it stands in for your business server.${elsewhere}`,
      code: `pnpm --filter publisher exec publish ${dashes}${name} "data"`,
    },
    {
      title: "Redis",
      note: "Only when the gateway uses Redis; a configured prefix goes before the name.",
      code: `redis-cli PUBLISH ${name} "data"`,
    },
  ];
}
