/** What somebody calls themselves. */
import type { Member } from "@tidewire/sdk/presence";

export function nameOf({ info }: Member): string {
  const name = info?.["name"];
  return typeof name === "string" ? name : "somebody";
}
