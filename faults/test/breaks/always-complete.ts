/** Every page claims that nothing is missing. */
import { replaceText } from "./replace-text.ts";

replaceText(
  "packages/broker/src/stream-scripts.ts",
  "(kind == 'last' or isCertain()) and not isOlder(oldest, stream['max-deleted-entry-id'])",
  "true",
);
