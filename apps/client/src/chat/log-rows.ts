/** What the log of a channel shows, in its order: messages, gaps, days, who came and went, where the new ones begin. */

import type { Gap, Message } from "@tidewire/sdk";
import type { ChannelEntry } from "@tidewire/sdk/react";
import type { MoveNote } from "../people/move-notes.ts";
import { nameShape } from "../self/name-shape.ts";
import { type Author, authorOf, type ChatMessage, readChatMessage } from "./chat-message.ts";

export type LogRow =
  | {
      readonly kind: "said";
      readonly key: string;
      /** The same object for the same entry. */
      readonly message: Message;
      readonly isOwn: boolean;
      /** Follows another of the same author closely. */
      readonly isMore: boolean;
      /** Somebody else here has the same name. */
      readonly hasTwin: boolean;
    }
  /** Shown as it came. */
  | { readonly kind: "raw"; readonly key: string; readonly message: Message }
  | { readonly kind: "gap"; readonly key: string; readonly reason: Gap["reason"] }
  | { readonly kind: "moves"; readonly key: string; readonly note: MoveNote }
  | { readonly kind: "day"; readonly key: string; readonly atMs: number }
  | { readonly kind: "new"; readonly key: string };

export interface LogContent {
  readonly entries: readonly ChannelEntry[];
  /** Whether people talk here; otherwise all is shown as it came. */
  readonly isTalk: boolean;
  /** In the order of their places. */
  readonly notes: readonly MoveNote[];
  /** The first entry that is new to the person. */
  readonly newFrom: number | undefined;
  /** The person's own key. */
  readonly selfKey: string;
  /** The shapes of names that more than one person has. */
  readonly twins: ReadonlySet<string>;
}

/** Further apart, two messages of one author stand by themselves. */
const TOGETHER_MS = 5 * 60_000;

export function logRows(content: LogContent): readonly LogRow[] {
  const rows: LogRow[] = [];
  const notes = [...content.notes];
  const takeNotes = (before: number) => {
    while (notes[0] && notes[0].afterKey < before) {
      const note = notes.shift();
      if (note) rows.push({ kind: "moves", key: `moves ${note.id}`, note });
    }
  };
  let last: { readonly author: Author | undefined; readonly atMs: number } | undefined;
  for (const entry of content.entries) {
    takeNotes(entry.key);
    const key = `entry ${entry.key}`;
    const atMs = timeOf(entry);
    if (atMs !== undefined && (!last || !isSameDay(last.atMs, atMs))) {
      rows.push({ kind: "day", key: `day ${entry.key}`, atMs });
      last = undefined;
    }
    if (entry.key === content.newFrom) rows.push({ kind: "new", key: "new" });
    const row = rowOf(entry, key, content);
    const author = row.kind === "said" ? saidBy(row.message)?.author : undefined;
    const isMore =
      row.kind === "said" &&
      rows.at(-1)?.kind === "said" &&
      last?.author?.key === author?.key &&
      (atMs ?? 0) - (last?.atMs ?? 0) < TOGETHER_MS;
    rows.push(row.kind === "said" ? { ...row, isMore } : row);
    if (atMs !== undefined) last = { author, atMs };
  }
  takeNotes(Infinity);
  return rows;
}

/** The shapes of names that belong to more than one of these people. */
export function sharedNames(people: Iterable<Pick<Author, "key" | "name">>): ReadonlySet<string> {
  const keyByName = new Map<string, string>();
  const shared = new Set<string>();
  for (const { key, name } of people) {
    const shape = nameShape(name);
    if ((keyByName.get(shape) ?? key) !== key) shared.add(shape);
    keyByName.set(shape, key);
  }
  return shared;
}

export interface Said {
  readonly said: ChatMessage;
  readonly author: Author;
}

const read = new WeakMap<Message, Said | undefined>();

/** Each message is read once. */
export function saidBy(message: Message): Said | undefined {
  if (read.has(message)) return read.get(message);
  const said = readChatMessage(message.data);
  const result = said && { said, author: authorOf(message, said) };
  read.set(message, result);
  return result;
}

function rowOf(entry: ChannelEntry, key: string, { isTalk, selfKey, twins }: LogContent): LogRow {
  switch (entry.kind) {
    case "gap":
      return { kind: "gap", key, reason: entry.gap.reason };
    case "invalid":
      return { kind: "raw", key, message: entry.invalid.message };
    case "message": {
      const { message } = entry;
      const author = isTalk ? saidBy(message)?.author : undefined;
      if (!author) return { kind: "raw", key, message };
      const hasTwin = twins.has(nameShape(author.name));
      return { kind: "said", key, message, isOwn: author.key === selfKey, isMore: false, hasTwin };
    }
    default:
      return entry satisfies never;
  }
}

function timeOf(entry: ChannelEntry): number | undefined {
  return entry.kind === "message" ? entry.message.time : undefined;
}

function isSameDay(oneMs: number, otherMs: number): boolean {
  return new Date(oneMs).toDateString() === new Date(otherMs).toDateString();
}
