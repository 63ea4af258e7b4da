/** What the broker tells, handed to the parts of this gateway that it concerns. */
import type { BrokerHandlers } from "@tidewire/broker";
import type { Accounts } from "./accounts.ts";
import type { Attendance } from "./attendance.ts";
import type { Census } from "./census.ts";
import type { ChannelRules } from "./channel-rules.ts";
import type { Hub } from "./hub.ts";
import type { Limits } from "./limits.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { PresenceRooms } from "./presence-rooms.ts";
import type { Registry } from "./registry.ts";
import type { StreamChannels } from "./stream-channels.ts";

/** Who hears from the broker. They are built after it, since they need it themselves. */
export interface Listeners {
  readonly accounts: Accounts | undefined;
  readonly attendance: Attendance;
  readonly census: Census;
  readonly metrics: Metrics;
  readonly registry: Registry;
  readonly rooms: PresenceRooms;
  readonly streams: StreamChannels;
  readonly rules: ChannelRules;
}

export function brokerHandlers(
  { hub, log, limits }: { readonly hub: Hub; readonly log: Log; readonly limits: Limits },
  listeners: () => Listeners,
): BrokerHandlers {
  let wasUp = false;
  return {
    onPublication: (channel, publication) => {
      if (publication.payload.length <= limits.maxDeliveredBytes) return hub.deliver(channel, publication);
      log.warn({ channel }, "a publication is too large to be delivered");
      hub.gap((each) => each === channel);
    },
    onChannelRefused: (channel, error) => {
      log.error({ channel }, `the broker refuses a channel: ${error.message}`);
      listeners().streams.forget(channel);
      hub.refuse(channel);
    },
    onEntry: (channel, entry) => listeners().streams.onEntry(channel, entry),
    onStreamGap: (channel, head) => listeners().streams.onStreamGap(channel, head),
    onStray: (channel) => listeners().streams.onStray(channel),
    onNotice: (text) => listeners().accounts?.hear(text),
    onQuestion: (text) => listeners().census.answer(text),
    presence: {
      onPresence: (channel, notice) => listeners().rooms.hear(channel, notice),
      onPresenceReset: () => listeners().rooms.reset(),
      onPresenceRefused: (channel, error) => listeners().rooms.refuse(channel, error),
      onLeaseLost: () => listeners().registry.leaseIsLost(),
    },
    onLink: (link) => {
      const isUp = link.state === "up";
      // The reason may change while it is down; that is no further loss.
      if (wasUp && !isUp) listeners().metrics.linkLost();
      if (isUp && !wasUp) {
        // From down to up anything may have been missed.
        hub.gap((channel) => !listeners().rules.of(channel).stream);
        listeners().registry.linkIsUp();
        listeners().attendance.linkIsUp();
      }
      wasUp = isUp;
      if (link.state === "up") log.info("the broker's link is up");
      else log.warn(`the broker's link is down: ${link.reason}`);
    },
  };
}
