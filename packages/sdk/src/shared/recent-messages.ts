/**
 * The newest messages of a stream channel, without a hole between them, so that a tab that comes later, or comes back,
 * goes on from where it was.
 *
 * Invariant: bounded, but for one message that is larger by itself.
 */

const MAX_MESSAGES = 256;
/** In characters. */
const MAX_LENGTH = 262_144;

interface Recent {
  readonly position: string;
  readonly line: string;
}

export class RecentMessages {
  readonly #messages: Recent[] = [];
  #length = 0;
  /** Behind which the first one comes. */
  #start: string | undefined;

  /** Nothing before that position is known to be whole. */
  begin(start: string | undefined): void {
    this.#messages.length = 0;
    this.#length = 0;
    this.#start = start;
  }

  /** Behind the newest. */
  get position(): string | undefined {
    return this.#messages.at(-1)?.position ?? this.#start;
  }

  add(position: string, line: string): void {
    this.#messages.push({ position, line });
    this.#length += line.length;
    while (this.#messages.length > MAX_MESSAGES || (this.#length > MAX_LENGTH && this.#messages.length > 1)) {
      const oldest = this.#messages.shift();
      this.#length -= oldest?.line.length ?? 0;
      this.#start = oldest?.position;
    }
  }

  /** The lines behind that position; `undefined` where it is not known. */
  after(position: string): readonly string[] | undefined {
    const index = this.#messages.findLastIndex((message) => message.position === position);
    if (index === -1 && position !== this.#start) return undefined;
    return this.#messages.slice(index + 1).map(({ line }) => line);
  }
}
