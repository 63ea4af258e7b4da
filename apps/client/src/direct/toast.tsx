/** Says that somebody has written, to who looks at another room. */

import { useEffect } from "react";
import { cutText } from "../chat/cut-text.ts";
import type { Alert } from "../page-context.ts";

const SHOWN_MS = 10_000;
const SHOWN_CHARACTERS = 120;

interface ToastProps {
  readonly alert: Alert | undefined;
  readonly onOpen: (channel: string) => void;
  readonly onClose: () => void;
}

export function Toast({ alert, onOpen, onClose }: ToastProps) {
  useEffect(() => {
    if (!alert) return undefined;
    const timer = setTimeout(onClose, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [alert, onClose]);
  return (
    <div className="toasts">
      {/* Stays there, so that what comes into it is read out. */}
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- not the result of a form */}
      <div role="status" aria-label="New direct messages">
        {alert && (
          <p className="toast-words">
            <b>{alert.name}</b> {cutText(alert.text, SHOWN_CHARACTERS)}
          </p>
        )}
      </div>
      {alert && (
        <div className="toast-buttons">
          <button type="button" className="button small primary" onClick={() => onOpen(alert.channel)}>
            Read
          </button>
          <button type="button" className="button small" onClick={onClose}>
            Not now
          </button>
        </div>
      )}
    </div>
  );
}
