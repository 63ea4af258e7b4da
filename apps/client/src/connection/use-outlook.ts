/** The outlook on the connection as React state. */

import { useState } from "react";
import type { ConnectionState } from "@tidewire/sdk";
import { nextOutlook, outlookOn, type Outlook } from "./outlook.ts";

export function useOutlook(state: ConnectionState): Outlook {
  const [outlook, setOutlook] = useState(() => outlookOn(state));
  if (outlook.state === state) return outlook;
  const next = nextOutlook(outlook, state);
  setOutlook(next);
  return next;
}
