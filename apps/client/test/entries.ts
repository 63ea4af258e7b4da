/** Messages and entries as a channel gives them. */

import type { DataMessage, Json } from "@tidewire/sdk";
import type { ChannelEntry } from "@tidewire/sdk/react";

export function messageOf(data: Json, facts: Partial<DataMessage> = {}): DataMessage {
  return { channel: "channel", time: 1_000_000, ...facts, data };
}

export function entryOf(key: number, data: Json, facts: Partial<DataMessage> = {}): ChannelEntry {
  return { kind: "message", key, message: messageOf(data, facts) };
}

export function saidBy(key: number, id: string, text = `text ${key}`, facts: Partial<DataMessage> = {}) {
  return entryOf(key, { text, name: id.toUpperCase(), id, key: `key ${key}` }, facts);
}

export function gapAt(key: number): ChannelEntry {
  return { kind: "gap", key, gap: { channel: "channel", reason: "return" } };
}
