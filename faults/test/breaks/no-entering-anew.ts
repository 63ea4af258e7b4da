/** Under a new lease, what was held under the one before is not entered. */
import { replaceText } from "./replace-text.ts";

replaceText(
  "packages/broker/src/presence-holdings.ts",
  `holding.isLate = true;
      this.#dirty.add(holding);`,
  "continue;",
);
