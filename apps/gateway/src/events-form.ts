/** The form of server-sent events (WHATWG HTML, section 9.2): a publication is one event, its payload the lines of its data. */
import { isUtf8 } from "node:buffer";
import type { WireForm } from "./hub.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const DATA = Buffer.from("data: ");
const END = Buffer.from("\n\n");

export const EVENTS: WireForm = {
  encode: (_channel, { payload }, place) => {
    const id = place ? idLine(place.position) : "";
    if (!isUtf8(payload)) return Buffer.from(`${id}event: base64\ndata: ${payload.toString("base64")}\n\n`);
    if (!payload.includes(LINE_FEED) && !payload.includes(CARRIAGE_RETURN)) {
      return Buffer.concat([Buffer.from(id), DATA, payload, END]);
    }
    return Buffer.from(`${id}${dataLines(payload.toString())}\n`);
  },
  join: (events) => (events.length === 1 ? (events[0] as Buffer) : Buffer.concat(events)),
  gap: (_channel, position) => {
    const id = position === undefined ? "" : idLine(position);
    return Buffer.from(id + namedEvent("gap", { position }));
  },
};

/** An event that the gateway itself has to tell. */
export function namedEvent(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Sets where the reader is; on its own, behind a blank line, it is no event. */
export function idLine(position: string): string {
  return `id: ${position}\n`;
}

// A line of events ends at any of the three, and there is no way to say which one stood there.
function dataLines(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}\n`)
    .join("");
}
