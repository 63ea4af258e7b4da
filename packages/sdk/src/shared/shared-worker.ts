/** @tidewire/sdk/shared-worker: the script of the worker, which begins as it is loaded. */
import { defaultEnvironment } from "../environment.ts";
import { Switchboard } from "./switchboard.ts";

const board = new Switchboard(defaultEnvironment(), navigator.locks);

addEventListener("connect", (event) => {
  for (const port of (event as MessageEvent).ports) board.admit(port);
});
