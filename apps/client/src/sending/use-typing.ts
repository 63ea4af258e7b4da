/** Whether somebody is typing, as others are told: until some seconds without a key. */

import { useCallback, useEffect, useState } from "react";

const PAUSE_MS = 4_000;

export interface Typing {
  readonly isTyping: boolean;
  readonly onType: () => void;
  readonly onDone: () => void;
}

export function useTyping(): Typing {
  /** Another number with each key; 0 for nobody. */
  const [keys, setKeys] = useState(0);
  useEffect(() => {
    if (keys === 0) return undefined;
    const timer = setTimeout(() => setKeys(0), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [keys]);
  const onType = useCallback(() => setKeys((count) => count + 1), []);
  const onDone = useCallback(() => setKeys(0), []);
  return { isTyping: keys > 0, onType, onDone };
}
