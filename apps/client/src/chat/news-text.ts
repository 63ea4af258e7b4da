/** What has come to a channel, in words to be read out. */

import type { Message } from "@tidewire/sdk";
import type { ChannelEntry } from "@tidewire/sdk/react";
import { cutText } from "./cut-text.ts";
import { saidBy } from "./log-rows.ts";

/** More are a number: nobody wants to hear them one by one. */
const MAX_READ = 3;
const MAX_CHARACTERS = 200;

/** @param isTalk whether people talk there; otherwise all is read as it came */
export function newsText(entries: readonly ChannelEntry[], isTalk: boolean): string {
  const messages = entries.flatMap((entry) => (entry.kind === "gap" ? [] : [messageOf(entry)]));
  const gap = messages.length < entries.length ? ["Messages may be missing."] : [];
  const read =
    messages.length > MAX_READ
      ? [`${messages.length.toLocaleString("en-GB")} new messages`]
      : messages.map((message) => messageText(message, isTalk));
  return [...gap, ...read].join("\n");
}

function messageOf(entry: Exclude<ChannelEntry, { readonly kind: "gap" }>): Message {
  return entry.kind === "message" ? entry.message : entry.invalid.message;
}

function messageText(message: Message, isTalk: boolean): string {
  const talk = isTalk ? saidBy(message) : undefined;
  if (talk) return `${talk.author.name}: ${shortened(talk.said.text)}`;
  const { bytes, data } = message;
  if (bytes) return "A binary message";
  return shortened(typeof data === "string" ? data : JSON.stringify(data));
}

function shortened(text: string): string {
  return text.length > MAX_CHARACTERS ? `${cutText(text, MAX_CHARACTERS)}…` : text;
}
