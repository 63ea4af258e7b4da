/** Whether the panel “What is happening” is open, and its button, which has the focus again when it is closed. */

import { type RefObject, useCallback, useRef, useState } from "react";

interface HappeningPanel {
  readonly isOpen: boolean;
  readonly button: RefObject<HTMLButtonElement | null>;
  readonly onToggle: () => void;
  /** Always the same function. */
  readonly onClose: () => void;
}

export function useHappeningPanel(): HappeningPanel {
  const [isOpen, setIsOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const onClose = useCallback(() => {
    setIsOpen(false);
    button.current?.focus();
  }, []);
  return { isOpen, button, onToggle: () => setIsOpen(!isOpen), onClose };
}
