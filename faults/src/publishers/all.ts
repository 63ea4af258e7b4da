/** Starts a publisher of any kind. */
import type { Door } from "../door.ts";
import type { PublisherPlan } from "../schedule.ts";
import { CliPublisher } from "./cli.ts";
import { HttpPublisher } from "./http.ts";
import { PlainPublisher } from "./plain.ts";
import type { Publisher } from "./publisher.ts";
import { RawPublisher } from "./raw.ts";
import { SdkPublisher } from "./sdk.ts";
import { V1Publisher } from "./v1.ts";

export interface PublisherPlace {
  readonly door: Door;
  readonly isStream: boolean;
  readonly redisPort: number;
}

export function startPublisher({ kind, channel }: PublisherPlan, place: PublisherPlace): Publisher {
  const { door, isStream, redisPort } = place;
  switch (kind) {
    case "v1":
      return new V1Publisher(door, channel);
    case "sdk":
      return new SdkPublisher(door, channel);
    case "http":
      return new HttpPublisher(door, channel);
    case "plain":
      return new PlainPublisher(door, channel);
    case "raw":
      return new RawPublisher(redisPort, channel, isStream);
    case "cli":
      return new CliPublisher({ door, channel, isStream, redisPort });
    default:
      return kind satisfies never;
  }
}
