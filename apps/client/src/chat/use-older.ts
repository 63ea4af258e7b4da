/** Fetches what is older once the top of the log comes near. */

import { useCallback, useEffect, useState, type RefObject } from "react";
import type { TidewireError } from "@tidewire/sdk";

const NEAR_PX = 240;

interface OlderSource {
  readonly hasOlder: boolean;
  readonly isLoading: boolean;
  readonly loadOlder: () => Promise<void>;
}

interface Older {
  /** Why the last try failed: then it is for the person to try again. */
  readonly fault: TidewireError | undefined;
  readonly load: () => void;
  /** To be called when the person has scrolled. */
  readonly onScroll: () => void;
}

export function useOlder(box: RefObject<HTMLElement | null>, source: OlderSource): Older {
  const { hasOlder, isLoading, loadOlder } = source;
  const [fault, setFault] = useState<TidewireError>();
  const load = useCallback(() => {
    loadOlder().then(() => setFault(undefined), setFault);
  }, [loadOlder]);
  const isWanted = hasOlder && !isLoading && fault === undefined;
  const onScroll = useCallback(() => {
    if (isWanted && box.current && box.current.scrollTop < NEAR_PX) load();
  }, [box, isWanted, load]);
  // A log that does not fill its box can't be scrolled.
  useEffect(onScroll);
  return { fault, load, onScroll };
}
