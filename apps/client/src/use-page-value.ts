/** Puts together what every room needs of the page around it. */

import { useMemo, useState } from "react";
import { useConnection } from "@tidewire/sdk/react";
import { connectionText } from "./connection/connection-text.ts";
import { useNetwork } from "./connection/use-network.ts";
import { useOutlook } from "./connection/use-outlook.ts";
import { inTab } from "./kept-values.ts";
import type { Page, PageActions, PageSettings } from "./page-context.ts";
import type { UnreadCounts } from "./rooms/use-unread-counts.ts";
import type { KnownSelf } from "./self/use-self.ts";
import { Outbox } from "./sending/outbox.ts";
import { useVisible } from "./use-visible.ts";

interface Parts extends PageActions {
  readonly settings: PageSettings;
  readonly known: KnownSelf;
  readonly unread: UnreadCounts;
}

/** The same object while nothing in it has changed. */
export function usePageValue({ settings, known, unread, ...actions }: Parts): Page {
  const { onUnread, onAlert, onWrite, onShowRooms } = actions;
  const outlook = useOutlook(useConnection());
  const hasNetwork = useNetwork();
  const isVisible = useVisible();
  const [kept] = useState(keptForVisit);
  return useMemo(() => {
    const connection = connectionText({ outlook, hasNetwork, host: location.host });
    const stable = { onUnread, onAlert, onWrite, onShowRooms };
    return { ...settings, ...known, ...stable, ...kept, unread, outlook, connection, isVisible };
  }, [
    settings,
    known,
    kept,
    unread,
    outlook,
    hasNetwork,
    isVisible,
    onUnread,
    onAlert,
    onWrite,
    onShowRooms,
  ]);
}

/** What outlives a client, and ends with the page. */
function keptForVisit() {
  return { openedAtMs: Date.now(), outbox: new Outbox(inTab) };
}
