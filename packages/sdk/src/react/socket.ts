/** The smallest chat: texts of one channel, and a way to send one. */
import { createContext, createElement, type ReactNode, useContext, useMemo } from "react";
import type { Message } from "../message.ts";
import type { ConnectOptions } from "../options.ts";
import type { Published } from "../link.ts";
import { TidewireProvider } from "./tidewire-provider.ts";
import { useChannel } from "./use-channel.ts";

/** What a gateway calls its channel where nobody has chosen one. */
const DEFAULT_CHANNEL = "channel";
const LIMIT = 100;

export interface SocketProviderProps {
  /** As for `connect`. Another one makes another client. */
  readonly url: string | URL;
  /** @default "channel", as of a gateway */
  readonly channel?: string | undefined;
  /** As for `connect`; read when the client is made. */
  readonly options?: ConnectOptions | undefined;
  readonly children?: ReactNode;
}

export interface ChatSocket {
  /**
   * The newest 100 texts of the channel, the newest at the end; those that are kept already if it is a stream channel.
   * What is no text is shown as JSON.
   */
  readonly messages: readonly string[];
  /** As `publish` of a channel, and always the same function. */
  readonly sendMessage: (text: string) => Promise<Published>;
}

const SocketContext = createContext<ChatSocket | undefined>(undefined);

/** Connects and listens while it is mounted. */
export function SocketProvider({ url, options, channel, children }: SocketProviderProps): ReactNode {
  return createElement(TidewireProvider, { url, options }, createElement(Socket, { channel }, children));
}

/** @throws Error where there is no provider above */
export function useSocket(): ChatSocket {
  const socket = useContext(SocketContext);
  if (!socket) throw new Error("There is no <SocketProvider> above this component.");
  return socket;
}

function Socket({ channel = DEFAULT_CHANNEL, children }: Pick<SocketProviderProps, "channel" | "children">) {
  const { messages, send } = useChannel(channel, { last: LIMIT, limit: LIMIT });
  const value = useMemo(() => ({ messages: messages.map(textOf), sendMessage: send }), [messages, send]);
  return createElement(SocketContext.Provider, { value }, children);
}

/** Of bytes that are not UTF-8, what can be read of them. */
function textOf({ data, bytes }: Message): string {
  if (bytes) return new TextDecoder().decode(bytes);
  return typeof data === "string" ? data : JSON.stringify(data);
}
