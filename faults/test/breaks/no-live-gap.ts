/** Readers of live channels are not told that the gateway was cut off from Redis. */
import { replaceText } from "./replace-text.ts";

replaceText(
  "apps/gateway/src/broker-handlers.ts",
  "hub.gap((channel) => !listeners().rules.of(channel).stream);",
  "",
);
