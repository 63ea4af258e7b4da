/** What is half-written. It outlives the view of its room, the client, and that the page is loaded anew. */

import { useState } from "react";
import { textOf } from "../fields.ts";
import { inTab } from "../kept-values.ts";

/** @param channel always the same */
export function useDraft(channel: string): [string, (draft: string) => void] {
  const name = `draft:${channel}`;
  const [draft, setDraft] = useState(() => inTab.read(name, textOf) ?? "");
  const change = (text: string) => {
    inTab.keep(name, text);
    setDraft(text);
  };
  return [draft, change];
}
