/** A channel in a component: what was published there, and how to publish. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Json } from "@tidewire/protocol";
import { useCallback, useMemo, useSyncExternalStore } from "react";
import { warnOfInvalid } from "../channel.ts";
import type { TypedChannel } from "../channel-definition.ts";
import type { Published, PublishOptions } from "../link.ts";
import type { DataMessage, Message } from "../message.ts";
import type { SubscribeOptions, SubscriptionHandlers, SubscriptionState } from "../subscription.ts";
import { TidewireError } from "../tidewire-error.ts";
import { type ChannelEntry, type RawEntry, readingOf } from "./channel-entry.ts";
import { EMPTY_SNAPSHOT } from "./channel-store.ts";
import { storesOf } from "./channel-stores.ts";
import { useTidewire } from "./tidewire-provider.ts";
import { useLatest } from "./use-latest.ts";

const DEFAULT_LIMIT = 100;
const DEFAULT_PAGE = 50;

type Callbacks<Received> = Pick<
  SubscriptionHandlers<Received>,
  "onMessage" | "onInvalid" | "onGap" | "onRemoved"
>;

/**
 * Callbacks may be other functions at each render: the newest is called, and nothing is subscribed anew. They are called
 * for what comes from the channel while the component is mounted, and not for what `loadOlder` brings.
 *
 * The rest is read when the component is mounted and when the channel changes. `since` and `echo` hold where it is the
 * first subscriber of its client on the channel; a later one that wants more (`last`) gets it out of what is kept.
 */
export interface UseChannelOptions<Received = Message> extends SubscribeOptions, Callbacks<Received> {
  /**
   * How many of the newest entries are in the list: messages, and what stands between them. All components on a channel
   * share one list, so the largest limit holds. `loadOlder` raises it where it has no room.
   *
   * @default 100
   */
  readonly limit?: number;
}

/** All of it stays the same object while nothing has changed. */
export interface ChannelView<Input = Json, Received = Message> {
  /** The newest at the end. */
  readonly messages: readonly Received[];
  /** The messages, with gaps and messages that do not fit the schema at their places, and a `key` for each. */
  readonly entries: readonly ChannelEntry<Received>[];
  /** `ended` when the gateway has refused or ended the subscription; mounted anew, a component asks again. */
  readonly state: SubscriptionState;
  /** Whether there may be something for {@link loadOlder}. Never on a live channel, of which nothing is kept. */
  readonly hasOlder: boolean;
  /** Whether older messages are on their way. */
  readonly isLoading: boolean;
  /** As `publish` of a channel, and always the same function. */
  readonly send: (data: Input, options?: PublishOptions) => Promise<Published>;
  /**
   * Puts older messages in front of the list, and always is the same function.
   *
   * @param count how many, 1 to 1,000. @default 50
   * @returns rejects as `history` of a channel does
   */
  readonly loadOlder: (count?: number) => Promise<void>;
}

/**
 * Subscribes while the component is mounted. Components on the same channel share one subscription and one list.
 *
 * @throws TidewireError `bad_request` for a limit that is no number from 0 on
 */
export function useChannel(channel: string, options?: UseChannelOptions): ChannelView;
export function useChannel<Input, Output>(
  channel: TypedChannel<Input, Output>,
  options?: UseChannelOptions<DataMessage<Output>>,
): ChannelView<Input, DataMessage<Output>>;
export function useChannel(
  channel: string | TypedChannel,
  options: UseChannelOptions<never> = {},
): ChannelView<never, unknown> {
  const { name, schema }: Target = typeof channel === "string" ? { name: channel } : channel;
  const { limit = DEFAULT_LIMIT } = options;
  if (!(limit >= 0)) throw new TidewireError("bad_request", "limit must be a number from 0 on.");
  const client = useTidewire();
  const stores = storesOf(client);
  const latest = useLatest({ name, schema, options: { ...options, limit } });

  const subscribe = useCallback(
    (onChange: () => void) =>
      stores.use(name, { options: latest.current.options, onChange, handlers: handlersOf(name, latest) }),
    [stores, name, latest],
  );
  const snapshot = useSyncExternalStore(
    subscribe,
    () => stores.snapshotOf(name),
    () => EMPTY_SNAPSHOT,
  );
  const send = useCallback(
    (data: unknown, publishOptions?: PublishOptions) => {
      const { schema: newest } = latest.current;
      const target = newest ? client.channel({ name, schema: newest }) : client.channel(name);
      return target.publish(data as Json, publishOptions);
    },
    [client, name, latest],
  );
  const loadOlder = useCallback((count = DEFAULT_PAGE) => stores.loadOlder(name, count), [stores, name]);

  const lists = useMemo(() => listsOf(snapshot.entries, schema), [snapshot.entries, schema]);
  const { state, hasOlder, isLoading } = snapshot;
  return useMemo(
    () => ({ ...lists, state, hasOlder, isLoading, send, loadOlder }),
    [lists, state, hasOlder, isLoading, send, loadOlder],
  );
}

interface Target {
  readonly name: string;
  readonly schema?: StandardSchemaV1 | undefined;
}

/** What was given at the newest render. */
interface Given extends Target {
  readonly options: Callbacks<never>;
}

function handlersOf(name: string, latest: { readonly current: Given }): SubscriptionHandlers {
  // A message of a channel that the newest render has left already is none of its callbacks' business.
  const callbacks = (): Callbacks<never> => (latest.current.name === name ? latest.current.options : {});
  return {
    onMessage: (raw) => {
      const { onMessage, onInvalid = warnOfInvalid } = callbacks();
      const { message, invalid } = readingOf(latest.current.schema).fit(raw);
      if (invalid) onInvalid(invalid);
      else onMessage?.(message as never);
    },
    onGap: (gap) => callbacks().onGap?.(gap),
    onRemoved: (removed) => callbacks().onRemoved?.(removed),
  };
}

function listsOf(raws: readonly RawEntry[], schema: StandardSchemaV1 | undefined) {
  const reading = readingOf(schema);
  const entries = raws.map((raw) => reading.read(raw));
  return { entries, messages: entries.flatMap((entry) => (entry.kind === "message" ? [entry.message] : [])) };
}
