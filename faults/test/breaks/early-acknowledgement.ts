/** A publication is acknowledged before the broker has taken it. */
import { replaceText } from "./replace-text.ts";

replaceText(
  "apps/gateway/src/v1-publishing.ts",
  'const result = await this.#options.publish({ channel, publication, key, by: "client" });',
  `void this.#options.publish({ channel, publication, key, by: "client" });
   const result = { ok: true, value: { isDuplicate: false } };`,
);
