/** Why messages may be missing, in plain words. */

import type { Gap } from "@tidewire/sdk";

export function gapText(reason: Gap["reason"]): string {
  switch (reason) {
    case "gateway":
      return "The gateway was cut off from its broker, or what came next was not kept long enough.";
    case "return":
      return "What was published while this page was away may not have been kept.";
    case "overflow":
      return "More came than this page could take.";
    default:
      return reason satisfies never;
  }
}
