/** `user-joined` and `user-left`, of the others on a channel, as they come. */
import { presenceOf } from "@tidewire/sdk/presence";
import { useTidewire } from "@tidewire/sdk/react";
import { useEffect, useState } from "react";
import { nameOf } from "./name-of.ts";

const LIMIT = 5;

/** The newest few, in order. */
export function useNotices(channel: string): readonly string[] {
  const client = useTidewire();
  const [notices, setNotices] = useState<readonly string[]>([]);
  useEffect(() => {
    const watching = presenceOf(client.channel(channel)).subscribe(({ joined, left }) => {
      const news = [
        ...joined.map((member) => `user-joined: ${nameOf(member)}`),
        ...left.map((member) => `user-left: ${nameOf(member)}`),
      ];
      setNotices((before) => [...before, ...news].slice(-LIMIT));
    });
    return () => watching.end();
  }, [client, channel]);
  return notices;
}
