/** What every room needs of the page around it. */

import { createContext, useContext } from "react";
import type { ConnectionText } from "./connection/connection-text.ts";
import type { Outlook } from "./connection/outlook.ts";
import type { Person } from "./people/people.ts";
import type { UnreadCounts } from "./rooms/use-unread-counts.ts";
import type { KnownSelf } from "./self/use-self.ts";
import type { Outbox } from "./sending/outbox.ts";

/** Something that somebody should hear of who looks elsewhere. */
export interface Alert {
  readonly channel: string;
  readonly name: string;
  readonly text: string;
}

/** What the gateway has written into the page. */
export interface PageSettings {
  readonly defaultChannel: string;
  /** The gateway's limit. */
  readonly maxMessageBytes: number;
}

/** All of them always the same functions. */
export interface PageActions {
  readonly onUnread: (channel: string, count: number) => void;
  readonly onAlert: (alert: Alert) => void;
  /** Begins a conversation, or goes on with it. */
  readonly onWrite: (person: Pick<Person, "id" | "name">) => void;
  /** Shows the list of rooms, where it has no place of its own. */
  readonly onShowRooms: () => void;
}

export interface Page extends PageSettings, PageActions, KnownSelf {
  readonly outlook: Outlook;
  /** The outlook in words. */
  readonly connection: ConnectionText;
  readonly isVisible: boolean;
  /** How much is new, by channel. */
  readonly unread: UnreadCounts;
  /** When the page was opened. */
  readonly openedAtMs: number;
  readonly outbox: Outbox;
}

export const PageContext = createContext<Page | undefined>(undefined);

/** @throws Error outside of the page */
export function usePage(): Page {
  const page = useContext(PageContext);
  if (!page) throw new Error("There is no page around this component.");
  return page;
}
