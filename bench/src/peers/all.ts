/** Every server that is measured, in the order of the tables; the limit comes first. */
import { centrifugo } from "./centrifugo.ts";
import { limit } from "./limit.ts";
import { nats } from "./nats.ts";
import { nchan } from "./nchan.ts";
import type { Peer } from "./peer.ts";
import { socketIo } from "./socket-io.ts";
import { tidewire, tidewireStream, tidewireV1 } from "./tidewire.ts";
import { ws } from "./ws.ts";

export const PEERS: readonly Peer[] = [
  limit,
  tidewire,
  tidewireV1,
  tidewireStream,
  nats,
  centrifugo("memory"),
  centrifugo("redis"),
  nchan,
  socketIo,
  ws,
];
