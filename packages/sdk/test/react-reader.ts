/** A component that reads a channel, and the gateway's side of it. */
import { createElement, type ReactNode, useLayoutEffect } from "react";
import type { Tidewire } from "../src/index.ts";
import {
  type ChannelView,
  TidewireProvider,
  useChannel,
  type UseChannelOptions,
} from "../src/react/index.ts";
import { beginConnected, type FakeSocket, type Line } from "./fake-world.ts";
import { openPage, Probe } from "./react-page.ts";

export const NAME = "kept:1";
export const GAP = { type: "gap", channel: NAME, position: "gap" };

/** A message as the gateway says it. */
export function says(data: unknown, position?: string) {
  return { type: "message", channel: NAME, time: 1, data, position };
}

export function numbers(count: number, from = 1): number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

/** Messages that hold their number, at positions `p1`, `p2` and so on. */
export function numbered(count: number, from = 1) {
  return numbers(count, from).map((number) => says(number, `p${number}`));
}

export interface ReaderProps {
  readonly probe: Probe<ChannelView>;
  readonly channel?: string;
  readonly options?: UseChannelOptions;
}

/** Shows what comes, in order; a gap as a bar. */
export function Reader({ probe, channel = NAME, options }: ReaderProps): ReactNode {
  const view = useChannel(channel, options);
  useLayoutEffect(() => probe.take(view));
  return view.entries.map((entry) =>
    entry.kind === "message" ? `${JSON.stringify(entry.message.data)} ` : "| ",
  );
}

/** Within a provider of that client. */
export function inside(client: Tidewire, ...children: ReactNode[]): ReactNode {
  return createElement(TidewireProvider, { client }, ...children);
}

/** The gateway's answer to `subscribe`. */
export function confirm(socket: FakeSocket, line: Line | undefined, fields: object = {}): void {
  const about = { id: line?.id, channel: line?.["channel"] };
  socket.say({ type: "subscribed", ...about, resumable: true, position: "p0", ...fields });
}

/** The gateway's answer to `history`. */
export function answer(
  socket: FakeSocket,
  line: Line | undefined,
  messages: object[],
  fields: object = {},
): void {
  const page = messages.map((message) => ({ ...message, type: undefined, channel: undefined }));
  const about = { id: line?.id, channel: NAME, messages: page };
  socket.say({ type: "page", ...about, complete: true, more: true, position: "p9", ...fields });
}

/** A component on a channel that the gateway has confirmed. */
export async function beginReading(options: UseChannelOptions = {}, fields: object = {}) {
  const begun = await beginConnected();
  const probe = new Probe<ChannelView>();
  const show = (next: UseChannelOptions) =>
    inside(begun.client, createElement(Reader, { probe, options: next }));
  const page = openPage(show(options));
  const [subscribe] = await begun.socket.lines();
  confirm(begun.socket, subscribe, fields);
  return { ...begun, probe, page, subscribe, showWith: (next: UseChannelOptions) => page.show(show(next)) };
}

export function dataOf({ messages }: ChannelView): unknown[] {
  return messages.map(({ data }) => data);
}

/** Whether so many messages are in the list. */
export function has(count: number) {
  return ({ messages }: { readonly messages: readonly unknown[] }) => messages.length === count;
}
