/** The page: a client, and the chat on it. */

import { useState } from "react";
import type { Tidewire } from "@tidewire/sdk";
import { TidewireProvider } from "@tidewire/sdk/react";
import { Chat } from "./chat.tsx";
import type { Wire } from "./happening/happening-dock.tsx";
import type { PageSettings } from "./page-context.ts";

interface AppProps {
  /** Always the same object. */
  readonly settings: PageSettings;
  /** The client to begin with. It lives as long as the page. */
  readonly firstClient: Tidewire;
  /** Another one, for when a client has stopped. */
  readonly createClient: () => Tidewire;
  readonly wire: Wire;
}

export function App({ settings, firstClient, createClient, wire }: AppProps) {
  const [connected, setConnected] = useState({ client: firstClient, attempt: 0 });
  const connectAgain = () => {
    connected.client.close();
    setConnected(({ attempt }) => ({ client: createClient(), attempt: attempt + 1 }));
  };
  return (
    <TidewireProvider client={connected.client}>
      <Chat settings={settings} attempt={connected.attempt} wire={wire} onConnectAgain={connectAgain} />
    </TidewireProvider>
  );
}
