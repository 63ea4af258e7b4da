/** A bounded list of log entries that collects cheaply and hands out immutable views. */

import type { Gap } from "@tidewire/sdk";

export type NoteTone = "good" | "warning" | "bad";

interface FromChannel {
  /** The user id of who published it, where a gateway knows. */
  readonly sender?: string | undefined;
}

export type LogItem =
  | (FromChannel & { readonly kind: "text"; readonly text: string })
  | (FromChannel & { readonly kind: "binary"; readonly sizeBytes: number; readonly preview: string })
  /** The page's own, which the gateway took and which did not come back. */
  | { readonly kind: "sent"; readonly channel: string; readonly text: string }
  /** Messages may be missing before what comes next. */
  | { readonly kind: "gap"; readonly reason: Gap["reason"] }
  | { readonly kind: "note"; readonly tone: NoteTone; readonly text: string };

export type LogEntry = LogItem & {
  readonly id: number;
  readonly atMs: number;
  /** Absent where it was the day on which the page got it. */
  readonly day: string | undefined;
};

export interface LogView {
  readonly entries: readonly LogEntry[];
  /** Entries that no longer fit. */
  readonly dropped: number;
  /** Messages from the channel since the start or the last clearing. */
  readonly received: number;
}

export class LogBuffer {
  readonly #limit: number;
  #pending: LogEntry[] = [];
  #droppedPending = 0;
  #receivedPending = 0;
  #nextId = 1;
  #view: LogView = { entries: [], dropped: 0, received: 0 };

  constructor(limit: number) {
    this.#limit = limit;
  }

  get view(): LogView {
    return this.#view;
  }

  add(item: LogItem, atMs: number, day?: string): void {
    this.#pending.push({ ...item, id: this.#nextId++, atMs, day });
    if (item.kind === "text" || item.kind === "binary") this.#receivedPending += 1;
    // A hidden page is seldom given the chance to commit; what waits stays bounded too.
    if (this.#pending.length >= this.#limit * 2) this.#trimPending();
  }

  /** Makes a new view of everything added so far, when anything was. */
  commit(): LogView {
    if (this.#pending.length === 0) return this.#view;
    const all = [...this.#view.entries, ...this.#pending];
    const excess = Math.max(0, all.length - this.#limit);
    this.#view = {
      entries: excess === 0 ? all : all.slice(excess),
      dropped: this.#view.dropped + this.#droppedPending + excess,
      received: this.#view.received + this.#receivedPending,
    };
    this.#forgetPending();
    return this.#view;
  }

  clear(): LogView {
    this.#forgetPending();
    this.#view = { entries: [], dropped: 0, received: 0 };
    return this.#view;
  }

  #trimPending(): void {
    const excess = this.#pending.length - this.#limit;
    this.#pending = this.#pending.slice(excess);
    this.#droppedPending += excess;
  }

  #forgetPending(): void {
    this.#pending = [];
    this.#droppedPending = 0;
    this.#receivedPending = 0;
  }
}
