/** The page: connection on top, the log in the middle, the box to write in below. */

import { useEffect } from "react";
import { ChannelForm } from "./channel-form.tsx";
import { socketUrl, withToken } from "./channel-location.ts";
import { Composer } from "./composer.tsx";
import { ConnectionStatus } from "./connection-status.tsx";
import { isMessageRefused } from "./connection-state.ts";
import { connectionText } from "./connection-text.ts";
import { EmptyState } from "./empty-state.tsx";
import { MessageLog } from "./message-log.tsx";
import { PushElsewhere } from "./push-elsewhere.tsx";
import { useChannel } from "./use-channel.ts";
import { useConnectionState, useSocket } from "./use-socket.ts";
import { WaveMark } from "./wave-mark.tsx";

interface AppProps {
  readonly defaultChannel: string;
  readonly maxMessageBytes: number;
}

export function App({ defaultChannel, maxMessageBytes }: AppProps) {
  const [channel, chooseChannel] = useChannel(defaultChannel);
  const store = useSocket(channel, withToken(socketUrl(location, channel, defaultChannel), location.search));
  const state = useConnectionState(store);
  const text = connectionText(state, location.host);
  const target = { place: location, channel, defaultChannel };

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
          <ConnectionStatus state={state} text={text} onTryNow={store.tryNow} />
        </header>
        <div className="tide" data-tone={text.tone} aria-hidden="true" />
        <main className="panel">
          <MessageLog
            store={store}
            toolbar={
              <ChannelForm channel={channel} defaultChannel={defaultChannel} onChoose={chooseChannel} />
            }
            emptyState={<EmptyState state={state} text={text} target={target} />}
          />
          <Composer
            blocked={text.blocked}
            isRefused={isMessageRefused(state)}
            maxMessageBytes={maxMessageBytes}
            onSend={(message) => store.send(message)}
          />
        </main>
      </div>
      <aside aria-label="Push from elsewhere">
        <PushElsewhere target={target} />
      </aside>
    </>
  );
}
