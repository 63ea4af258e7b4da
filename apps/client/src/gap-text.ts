/** Why messages may be missing, in plain words. */

import type { Gap } from "@tidewire/sdk";

export function gapText(reason: Gap["reason"]): string {
  switch (reason) {
    case "gateway":
      return "The gateway was cut off from its broker for a while, or what came next was not kept long enough.";
    case "return":
      return "This page was away for a while, and not all that was published meanwhile was kept.";
    case "overflow":
      return "More came than this page could take.";
    default:
      return reason satisfies never;
  }
}
