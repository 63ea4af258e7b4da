/** @tidewire/testkit: the real parts that tests are made of. Not published. */
export { launchChromium } from "./chromium.ts";
export { findProgram } from "./find-program.ts";
export { freePort } from "./free-port.ts";
export { type Listening, runGateway, untilListening, untilReady } from "./gateway-program.ts";
export { holdPort } from "./hold-port.ts";
export { Inbox } from "./inbox.ts";
export { type Closed, connectPlain, PlainClient, refusedUpgrade } from "./plain-client.ts";
export { endWithUs, Program, type ProgramOptions, type ProgramResult, run } from "./program.ts";
export { randomFrom } from "./random.ts";
export { readFrames, type ReceivedMessage } from "./read-frames.ts";
export {
  LOCALHOST_CERTIFICATE,
  type RedisServer,
  type RedisServerOptions,
  startRedis,
} from "./redis-server.ts";
export { type Direction, type Faults, TcpProxy } from "./tcp-proxy.ts";
export { connectV1, V1Client, type V1Message } from "./v1-client.ts";
