/** The channel in the page's address as React state, the back button included. */

import { useCallback, useEffect, useState } from "react";
import { addressWithChannel, channelInAddress } from "./channel-location.ts";

export function useOpenChannel(fallback: string): [string, (channel: string) => void] {
  const [channel, setChannel] = useState(() => channelInAddress(location.search, fallback));

  useEffect(() => {
    const onPopState = () => setChannel(channelInAddress(location.search, fallback));
    window.addEventListener("popstate", onPopState);
    return () => window.removeEventListener("popstate", onPopState);
  }, [fallback]);

  const open = useCallback(
    (name: string) => {
      if (name === channelInAddress(location.search, fallback)) return;
      history.pushState(null, "", addressWithChannel(location.href, name, fallback));
      setChannel(name);
    },
    [fallback],
  );

  return [channel, open];
}
