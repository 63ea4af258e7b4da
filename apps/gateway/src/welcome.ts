/** What a person reads when a gateway starts on a terminal. */
import { DEFAULT_CHANNEL } from "@tidewire/protocol";
import { version } from "./version.ts";

/** Where the publisher looks when it is told nothing. */
const PUBLISHER_DEFAULT = "127.0.0.1:1234";

/** @param address host and port as a URL writes them */
export function welcome(address: string, channel: string, brokerLine: string): string {
  const note = channel === DEFAULT_CHANNEL ? "" : `   (clients join ${channel})`;
  // Through the gateway itself, unless the publisher would find it there anyway.
  const where = address === PUBLISHER_DEFAULT ? "" : ` --gateway http://${address}`;
  return `
  Tidewire ${version}

  Page       http://${address}/
  WebSocket  ws://${address}/${note}
  Broker     ${brokerLine}

  Try next
    Open the page in two tabs and send a text.
    pnpm --filter publisher exec publish ${shellWord(channel)} "data"${where}
    In the console of the page:
      ws = new WebSocket("ws://${address}"); ws.onmessage = (e) => console.log(e.data); ws.onopen = () => ws.send("hello")

`;
}

function shellWord(text: string): string {
  return /^[\w.:/@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
