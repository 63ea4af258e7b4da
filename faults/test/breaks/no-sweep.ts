/** What a dead gateway held stays there. */
import { replaceText } from "./replace-text.ts";

replaceText(
  "packages/broker/src/presence-scripts.ts",
  "if left > 0 and isOver(term, terms[term].gateway) then",
  "if false then",
);
