/** Who loses its last connection has left at once. */
import { replaceText } from "./replace-text.ts";

replaceText(
  "apps/gateway/src/attendance.ts",
  "holding.grace = setTimeout(() => this.#letGo(holding), graceMs);",
  "holding.grace = setTimeout(() => this.#letGo(holding), 0 * graceMs);",
);
