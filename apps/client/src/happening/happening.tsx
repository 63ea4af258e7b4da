/** The panel “What is happening”: the connection, its messages a second, and what goes over the wire. */

import { useId, useSyncExternalStore } from "react";
import { socketUrl } from "../rooms/channel-location.ts";
import type { PushTarget } from "../outside/push-commands.ts";
// oxlint-disable-next-line import/no-unassigned-import -- its styles come with the panel
import "../styles/happening.css";
import { ConnectionFacts } from "./connection-facts.tsx";
import { PlainTab } from "./plain-tab.tsx";
import { RateChart } from "./rate-chart.tsx";
import { Tabs } from "./tabs.tsx";
import type { Tap } from "./tap.ts";
import { V1Tab } from "./v1-tab.tsx";

export interface HappeningProps {
  /** The one whose `share` the client above has been given. */
  readonly tap: Tap;
  /** The channel that the person looks at, and where its gateway is. */
  readonly target: PushTarget;
  /** As given to the client: the bare connection of the tab “plain” signs in with it, too. */
  readonly token?: string | undefined;
}

/** Wants a `<TidewireProvider>` above. */
export function Happening({ tap, target, token }: HappeningProps) {
  const view = useSyncExternalStore(tap.subscribe, tap.getSnapshot);
  const heading = useId();
  const { place, channel, defaultChannel } = target;
  const url = socketUrl(place, channel, defaultChannel);
  const v1 = () => <V1Tab frames={view.frames} target={target} hasToken={token !== undefined} />;
  const plain = () => <PlainTab key={url} url={url} token={token} target={target} />;
  return (
    <section className="happening" aria-labelledby={heading}>
      <h2 id={heading}>What is happening</h2>
      <div className="happening-part">
        <ConnectionFacts view={view} onMeasure={() => tap.measure()} />
        <h3>Messages</h3>
        <RateChart tap={tap} />
      </div>
      <div className="happening-part">
        <h3>On the wire</h3>
        <Tabs
          label="On the wire"
          tabs={[
            { title: "tidewire.v1", show: v1 },
            { title: "plain", show: plain },
          ]}
        />
      </div>
    </section>
  );
}
