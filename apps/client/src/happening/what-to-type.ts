/** What one types elsewhere to be on the same channel, in both forms. */

import { PLAIN_SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX, V1_SUBPROTOCOL } from "@tidewire/protocol";
import { socketUrl } from "../rooms/channel-location.ts";
import {
  consoleCommand,
  curlCommand,
  type PushCommand,
  type PushTarget,
  serverCommands,
  shellArgument,
} from "../outside/push-commands.ts";

const CONSOLE_NOTE = "On any page that the browser lets reach this gateway.";
const TOKEN_LINE = 'const token = "YOUR TOKEN";';

export function v1Commands(target: PushTarget, hasToken: boolean): readonly PushCommand[] {
  const url = gatewayUrl(target);
  return [
    { title: "In a browser’s console", note: CONSOLE_NOTE, code: v1Console(target, hasToken) },
    {
      title: "wscat",
      note: `Then, within ten seconds: \`${connectLine(hasToken)}\``,
      code: `wscat -c ${shellArgument(url)} -s ${V1_SUBPROTOCOL}`,
    },
    { title: "Publish over HTTP", code: curlCommand(target) },
  ];
}

export function plainCommands(target: PushTarget, hasToken: boolean): readonly PushCommand[] {
  const code = hasToken ? signedInConsole(target) : consoleCommand(target);
  return [
    { title: "In a browser’s console", note: CONSOLE_NOTE, code },
    { title: "wscat", code: wscatPlain(target, hasToken) },
    ...serverCommands(target),
  ];
}

/** Of v1, where channels are named in messages and never in the address. */
function gatewayUrl({ place, defaultChannel }: PushTarget): string {
  return withoutSlash(socketUrl(place, defaultChannel, defaultChannel));
}

function plainUrl({ place, channel, defaultChannel }: PushTarget): string {
  return withoutSlash(socketUrl(place, channel, defaultChannel));
}

/** As short as can be typed by hand. */
function withoutSlash(url: string): string {
  return url.replace(/\/$/, "");
}

function connectLine(hasToken: boolean): string {
  return JSON.stringify({ type: "connect", id: 1, ...(hasToken && { token: "YOUR TOKEN" }) });
}

function v1Console(target: PushTarget, hasToken: boolean): string {
  const channel = JSON.stringify(target.channel);
  return [
    ...(hasToken ? [TOKEN_LINE] : []),
    `const ws = new WebSocket(${JSON.stringify(gatewayUrl(target))}, "${V1_SUBPROTOCOL}");`,
    "const say = (line) => ws.send(JSON.stringify(line));",
    "ws.onmessage = (e) => console.log(e.data);",
    "ws.onopen = () => {",
    `  say({ type: "connect", id: 1${hasToken ? ", token" : ""} });`,
    `  say({ type: "subscribe", id: 2, channel: ${channel} });`,
    `  say({ type: "publish", id: 3, channel: ${channel}, data: "hello" });`,
    "};",
  ].join("\n");
}

function signedInConsole(target: PushTarget): string {
  const protocols = `["${PLAIN_SUBPROTOCOL}", "${TOKEN_SUBPROTOCOL_PREFIX}" + token]`;
  return [
    TOKEN_LINE,
    `const ws = new WebSocket(${JSON.stringify(plainUrl(target))}, ${protocols});`,
    "ws.onmessage = (e) => console.log(e.data);",
    'ws.onopen = () => ws.send("hello");',
  ].join("\n");
}

function wscatPlain(target: PushTarget, hasToken: boolean): string {
  const header = hasToken ? " -H 'Authorization: Bearer YOUR-TOKEN'" : "";
  return `wscat -c ${shellArgument(plainUrl(target))}${header}`;
}
