/** @tidewire/sdk/server: what a server asks of the gateways over HTTP. */
export type {
  ChannelCount,
  ChannelPage,
  ConnectionPage,
  GatewayFacts,
  OpenConnection,
  Outcome,
  ServerPublished,
} from "./answers.ts";
export { createServerClient, type ServerOptions } from "./create-server-client.ts";
export type {
  ChannelsOptions,
  ConnectionsOptions,
  ServerClient,
  ServerPublishOptions,
} from "./server-client.ts";
