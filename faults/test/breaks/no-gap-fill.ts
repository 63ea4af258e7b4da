/** A follower takes every doorbell for the next one. */
import { replaceText } from "./replace-text.ts";

replaceText("packages/broker/src/stream-follower.ts", "if (isBehind(bell.before, head))", "if (bell)");
