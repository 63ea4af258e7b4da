/** A position of another life of the stream counts like one of this life. */
import { replaceText } from "./replace-text.ts";

replaceText("packages/broker/src/stream-scripts.ts", "if epoch ~= stream.epoch then return false end", "");
replaceText(
  "apps/gateway/src/stream-channel.ts",
  "return position.epoch === this.#head.epoch ? undefined : MISSING;",
  "return undefined;",
);
