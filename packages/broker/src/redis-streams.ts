/** Streams on Redis. Not there yet: whoever asks is told so. */
import { failure } from "./broker.ts";
import type { Streams } from "./streams.ts";

const MISSING = failure("unavailable", "streams on Redis are not there yet");

export class RedisStreams implements Streams {
  async append() {
    return MISSING;
  }

  async read() {
    return MISSING;
  }

  async follow() {
    return MISSING;
  }

  unfollow(): void {}

  async trim() {
    return MISSING;
  }
}
