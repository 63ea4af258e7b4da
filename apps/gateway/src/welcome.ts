/** What a person reads when a gateway starts on a terminal. */
import { DEFAULT_CHANNEL } from "@tidewire/protocol";
import { version } from "./version.ts";

/** @param address host and port as a URL writes them */
export function welcome(address: string, channel: string, brokerLine: string): string {
  const query = channel === DEFAULT_CHANNEL ? "" : ` (their channel: ${channel})`;
  return `
  Tidewire ${version}

  Page       http://${address}/
  WebSocket  ws://${address}/${query}
  Broker     ${brokerLine}

  Try next
    Open the page in two tabs and send a text.
    pnpm --filter publisher exec publish ${shellWord(channel)} "data"
    In the console of the page:
      ws = new WebSocket("ws://${address}"); ws.onmessage = (e) => console.log(e.data); ws.onopen = () => ws.send("hello")

`;
}

function shellWord(text: string): string {
  return /^[\w.:/@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
