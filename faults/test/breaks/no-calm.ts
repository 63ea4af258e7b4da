/** After a time without any lease, what is held under leases that are over is removed at once. */
import { replaceText } from "./replace-text.ts";

replaceText(
  "packages/broker/src/presence-scripts.ts",
  "if quiet ~= '' then return {token, quiet, 0} end",
  "if quiet == 'anew' then return {token, quiet, 0} end",
);
