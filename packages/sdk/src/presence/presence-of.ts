/** Presence of one channel, as an application uses it. */
import type { Info } from "@tidewire/protocol";
import type { Channel } from "../channel.ts";
import type { Link } from "../link.ts";
import { TidewireError } from "../tidewire-error.ts";
import { infoJson } from "./own-info.ts";
import { PresenceRoom } from "./presence-room.ts";
import { type Member, type PresenceChange, type PresenceView, UNKNOWN } from "./presence-view.ts";

export interface PresenceOptions {
  /**
   * What everybody on the channel may know of this user: an object, at most 1,024 bytes as JSON. The newest counts.
   *
   * @default what the token says
   */
  readonly info?: Info | undefined;
}

export interface PresenceSubscription {
  readonly channel: string;
  readonly current: PresenceView;
  /** Nothing comes any more, from this moment on. May be called again. */
  end(): void;
}

export interface MemberPageOptions {
  /** The `next` of the page before. @default from the beginning */
  readonly after?: string | undefined;
  /** Most members, 0 to 1,000; with 0 only `total` is told. @default 100 */
  readonly limit?: number | undefined;
}

/** Some of those who are there, at one moment. */
export interface MemberPage {
  readonly members: readonly Member[];
  /** How many there are on the channel. */
  readonly total: number;
  /** What to give as `after` for more; absent at the end. */
  readonly next?: string;
  /** Whether it is certain that nobody is missing. */
  readonly complete: boolean;
}

/** Made by {@link presenceOf}. It holds nothing: make as many as you like. */
export class ChannelPresence {
  readonly channel: string;
  readonly #link: Link;

  /** @internal */
  constructor(link: Link, channel: string) {
    this.#link = link;
    this.channel = channel;
  }

  /** What is known now; nothing while nobody has subscribed. It stays the same object while nothing has changed. */
  get current(): PresenceView {
    return roomsOf(this.#link).get(this.channel)?.view ?? UNKNOWN;
  }

  /**
   * Calls the listener at each change, over all connections, until `end()`. It shares the one subscription of the
   * channel: whoever subscribes is there, and the last `end()` of all is when this client leaves.
   *
   * @throws TidewireError `bad_request` or `too_large` for an `info` that can't be one
   */
  subscribe(
    listener: (change: PresenceChange) => void,
    { info }: PresenceOptions = {},
  ): PresenceSubscription {
    const json = info && infoJson(info);
    const room = this.#room();
    const end = room.join(listener, json);
    return {
      channel: this.channel,
      get current() {
        return room.view;
      },
      end,
    };
  }

  /**
   * Changes what everybody may know of this user, while somebody here has subscribed. Resolves once the gateway took it,
   * or a newer one; the newest goes along over all connections. Of many changes one after the other, some are skipped.
   *
   * @returns rejects with a TidewireError: `bad_request`, `too_large`, `not_subscribed`, `no_answer`, or why the
   *   subscription has ended
   */
  async update(info: Info): Promise<void> {
    const room = roomsOf(this.#link).get(this.channel);
    if (!room) throw new TidewireError("not_subscribed", `Nobody here is on ${this.channel}.`);
    await room.update(infoJson(info));
  }

  /**
   * Asks once who is there, also where nobody has subscribed, and in big rooms: a page at a time.
   *
   * @returns rejects with a TidewireError: `no_answer` when there was no connection for `answerTimeoutMs`
   */
  async list({ after, limit }: MemberPageOptions = {}): Promise<MemberPage> {
    const { channel } = this;
    const write = (id: number) => JSON.stringify({ type: "presence", id, channel, after, limit });
    const { members, total, next, complete } = await this.#link.request("present", write, true);
    return { members, total, complete, ...(next !== undefined && { next }) };
  }

  #room(): PresenceRoom {
    const rooms = roomsOf(this.#link);
    const known = rooms.get(this.channel);
    if (known && !known.hasEnded) return known;
    const room: PresenceRoom = new PresenceRoom(this.#link, this.channel, () => {
      if (rooms.get(this.channel) === room) rooms.delete(this.channel);
    });
    rooms.set(this.channel, room);
    return room;
  }
}

/** Who is on a channel, as `client.channel(…)` gives it. */
export function presenceOf(channel: Channel<never, { readonly channel: string }>): ChannelPresence {
  return new ChannelPresence(channel.link, channel.name);
}

const roomsByLink = new WeakMap<Link, Map<string, PresenceRoom>>();

function roomsOf(link: Link): Map<string, PresenceRoom> {
  const known = roomsByLink.get(link);
  if (known) return known;
  const created = new Map<string, PresenceRoom>();
  roomsByLink.set(link, created);
  return created;
}
