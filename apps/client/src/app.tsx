/** The page: connection on top, the log in the middle, the box to write in below. */

import { useEffect, useState } from "react";
import type { Tidewire } from "@tidewire/sdk";
import { ChannelForm } from "./channel-form.tsx";
import { Composer } from "./composer.tsx";
import { ConnectionStatus } from "./connection-status.tsx";
import { connectionText } from "./connection-text.ts";
import { EmptyState } from "./empty-state.tsx";
import { HappeningButton } from "./happening-button.tsx";
import type { HappeningProps } from "./happening/happening.tsx";
import { MessageLog } from "./message-log.tsx";
import { PushElsewhere } from "./push-elsewhere.tsx";
import { useChannel } from "./use-channel.ts";
import { useChannelLog, useLogPart } from "./use-channel-log.ts";
import { useConnection } from "./use-connection.ts";
import { useNetwork } from "./use-network.ts";
import { useOutlook } from "./use-outlook.ts";
import { WaveMark } from "./wave-mark.tsx";

interface AppProps {
  readonly defaultChannel: string;
  readonly maxMessageBytes: number;
  /** The client to begin with. It lives as long as the page. */
  readonly firstClient: Tidewire;
  /** Another one, for when a client has stopped. */
  readonly createClient: () => Tidewire;
  readonly happening: Pick<HappeningProps, "tap" | "token">;
}

export function App({ defaultChannel, maxMessageBytes, firstClient, createClient, happening }: AppProps) {
  const [client, setClient] = useState(firstClient);
  const [channel, chooseChannel] = useChannel(defaultChannel);
  const log = useChannelLog(client, channel);
  const outlook = useOutlook(useConnection(client));
  const subscription = useLogPart(log, "subscription");
  const hasNetwork = useNetwork();
  const [returned, setReturned] = useState<{ readonly text: string }>();
  const text = connectionText({ outlook, subscription, hasNetwork, host: location.host });
  const target = { place: location, channel, defaultChannel };
  const isConnected = outlook.state.kind === "connected";

  useEffect(() => {
    document.title = `${channel} · Tidewire`;
  }, [channel]);

  return (
    <>
      <div className="first-screen">
        <header className="top">
          <h1 className="brand">
            <WaveMark />
            Tidewire
          </h1>
          <ConnectionStatus
            outlook={outlook}
            subscription={subscription}
            text={text}
            onTryNow={() => client.retryNow()}
            onConnectAgain={() => setClient(createClient())}
            onListenAgain={log.listenAgain}
          />
        </header>
        <div className="tide" data-tone={text.tone} aria-hidden="true" />
        <main className="panel">
          <MessageLog
            log={log}
            channel={channel}
            isConnected={isConnected}
            toolbar={
              <ChannelForm channel={channel} defaultChannel={defaultChannel} onChoose={chooseChannel} />
            }
            emptyState={<EmptyState outlook={outlook} text={text} hasNetwork={hasNetwork} target={target} />}
            onEdit={setReturned}
          />
          <Composer
            log={log}
            isConnected={isConnected}
            hint={text.hint}
            isBlocked={text.isBlocked === true}
            maxMessageBytes={maxMessageBytes}
            returned={returned}
          />
        </main>
      </div>
      <aside aria-label="Push from elsewhere">
        <PushElsewhere target={target} />
        <HappeningButton client={client} target={target} {...happening} />
      </aside>
    </>
  );
}
