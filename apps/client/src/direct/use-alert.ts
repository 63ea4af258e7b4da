/** What somebody is told of who looks elsewhere, until it was read or they have had enough of it. */

import { useCallback, useState } from "react";
import type { Alert } from "../page-context.ts";
import type { UnreadCounts } from "../rooms/use-unread-counts.ts";

interface AlertState {
  /** The newest, while it is news. */
  readonly alert: Alert | undefined;
  readonly onAlert: (alert: Alert) => void;
  readonly closeAlert: () => void;
}

/** @param open the channel on the screen */
export function useAlert(open: string, unread: UnreadCounts): AlertState {
  const [alert, setAlert] = useState<Alert>();
  const closeAlert = useCallback(() => setAlert(undefined), []);
  const isNews = alert !== undefined && alert.channel !== open && (unread[alert.channel] ?? 0) > 0;
  return { alert: isNews ? alert : undefined, onAlert: setAlert, closeAlert };
}
