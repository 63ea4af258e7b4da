/** A follower gives what a late doorbell brings, though it has given it before. */
import { replaceText } from "./replace-text.ts";

replaceText(
  "packages/broker/src/stream-follower.ts",
  "if (!isNews(bell.entry.position, head) || !this.#options.mayGive()) return;",
  "if (!isNews(bell.entry.position, head)) return this.#options.onEntry(bell.entry);",
);
