/** Nobody is told that the info of a member is another now. */
import { replaceText } from "./replace-text.ts";

replaceText(
  "packages/broker/src/presence-scripts.ts",
  "if info ~= before then note(channel, {'updated', member, info}, false) end",
  "",
);
