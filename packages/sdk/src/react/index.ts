/** @tidewire/sdk/react: channels in React components. */
export type { ChannelEntry, GapEntry, InvalidEntry, MessageEntry } from "./channel-entry.ts";
export { type ChatSocket, SocketProvider, type SocketProviderProps, useSocket } from "./socket.ts";
export {
  type GivenClientProps,
  type OwnClientProps,
  TidewireProvider,
  type TidewireProviderProps,
  useTidewire,
} from "./tidewire-provider.ts";
export { type ChannelView, useChannel, type UseChannelOptions } from "./use-channel.ts";
export { useConnection } from "./use-connection.ts";
export { type PresentView, usePresence, type UsePresenceOptions } from "./use-presence.ts";
