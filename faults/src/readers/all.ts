/** Starts a reader of any kind. */
import type { Reader, ReaderOptions } from "./reader.ts";
import { EventsReader } from "./events.ts";
import { PlainReader } from "./plain.ts";
import { SdkReader } from "./sdk.ts";
import { TailReader } from "./tail.ts";
import { V1Reader } from "./v1.ts";

export function startReader(options: ReaderOptions): Reader {
  const { kind } = options.record;
  switch (kind) {
    case "v1":
    case "probe":
      return new V1Reader(options);
    case "sdk":
      return new SdkReader(options);
    case "plain":
      return new PlainReader(options);
    case "events":
      return new EventsReader(options);
    case "tail":
      return new TailReader(options);
    default:
      return kind satisfies never;
  }
}
