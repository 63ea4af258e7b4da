/** Every fault, by name. */
import type { Fault } from "./fault.ts";
import { gatewayKill, gatewayLongStop, gatewayStop, rollingDeploy } from "./gateways.ts";
import { lostAcknowledgements, lostDoorbells, subscriberBlackhole } from "./links.ts";
import { herd, slowReaders, tokensExpire } from "./readers.ts";
import { redisKill, redisStop, replicaPromoted } from "./redis.ts";
import { reborn, trimmed } from "./streams.ts";

export const FAULTS: readonly Fault[] = [
  gatewayKill,
  redisKill,
  lostDoorbells,
  rollingDeploy,
  subscriberBlackhole,
  replicaPromoted,
  lostAcknowledgements,
  trimmed,
  gatewayStop,
  reborn,
  slowReaders,
  redisStop,
  tokensExpire,
  gatewayLongStop,
  herd,
];

export function faultNamed(name: string): Fault {
  const fault = FAULTS.find((each) => each.name === name);
  if (!fault) throw new Error(`there is no fault ${name}`);
  return fault;
}
