/** Handlers for a broker whose reports a test does not want, or of which it wants some only. */
import type { BrokerHandlers } from "@tidewire/broker";

const ignore = () => {};

export const NO_HANDLERS: BrokerHandlers = {
  onPublication: ignore,
  onChannelRefused: ignore,
  onEntry: ignore,
  onStreamGap: ignore,
  onStray: ignore,
  onNotice: ignore,
  onQuestion: () => undefined,
  onLink: ignore,
};
