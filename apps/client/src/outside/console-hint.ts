/** Tells a person with the console open what to type in it. */

import { consoleCommand, type PushTarget } from "./push-commands.ts";

export function printConsoleHint(target: PushTarget): void {
  const heading = "font-weight: 600; color: #0e8a8a";
  const where = "Type this in the console of any page that the browser lets reach this gateway:";
  // oxlint-disable-next-line no-console -- the console is where this hint belongs
  console.info(`%cTidewire%c  ${where}\n\n${consoleCommand(target)}\n`, heading, "");
}
