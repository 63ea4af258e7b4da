/** What has a key is appended again when it is repeated. */
import { replaceText } from "./replace-text.ts";

replaceText(
  "packages/broker/src/stream-scripts.ts",
  "redis.call('SET', KEYS[3], '', 'NX', 'PX', ARGV[4])",
  "redis.call('SET', KEYS[3], '', 'PX', ARGV[4])",
);
