/**
 * Ends what another tab of the same user has begun and can't end any more. All connections of a user have one info, and
 * a tab that was closed while somebody typed in it leaves theirs behind.
 */

import { useEffect, useState } from "react";

/** Longer than a pause in which the tab would have ended it itself. */
const PATIENCE_MS = 6_000;

/**
 * @param isTypingElsewhere the gateway says so of this user, and it is not this tab
 * @returns another value once it is time to say that nobody types
 */
export function useTypingElsewhere(isTypingElsewhere: boolean): boolean {
  const [isDenied, setIsDenied] = useState(false);
  useEffect(() => {
    if (!isTypingElsewhere) return undefined;
    const timer = setInterval(() => setIsDenied((before) => !before), PATIENCE_MS);
    return () => clearInterval(timer);
  }, [isTypingElsewhere]);
  return isDenied;
}
