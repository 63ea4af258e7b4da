/**
 * Readers of a room that are told of all who are there, and then of every change.
 *
 * Invariant: what a reader was told is all there is up to some moment, or it is told of everything anew before it hears
 * of any later change. Nothing is held for a reader that does not read.
 */
import type { Refusal } from "@tidewire/protocol";
import type { RoomListener, RoomSource, RoomView } from "./presence-audience.ts";
import type { RoomChanges } from "./presence-changes.ts";
import type { RoomForm } from "./presence-form.ts";

export interface ListReader extends RoomListener {
  readonly kind: "list";
  readonly form: RoomForm;
}

/** One that hears through its connection. */
export function listReader(
  connection: RoomListener,
  form: RoomForm,
  write: (frames: Buffer) => void = (frames) => connection.write(frames),
): ListReader {
  return {
    kind: "list",
    form,
    get isBusy() {
      return connection.isBusy;
    },
    whenIdle: (action) => connection.whenIdle(action),
    write,
  };
}

export class ListReaders {
  readonly #room: RoomSource;
  readonly #readers = new Set<ListReader>();
  /** Readers that were told less than there was to tell. */
  readonly #behind = new Set<ListReader>();
  /** What a view looks like in each form. */
  #snapshots: { readonly view: RoomView; readonly byForm: Map<RoomForm, Buffer> } | undefined;

  constructor(room: RoomSource) {
    this.#room = room;
  }

  get size(): number {
    return this.#readers.size;
  }

  add(reader: ListReader): void {
    this.#readers.add(reader);
    this.#greet(reader);
  }

  remove(reader: ListReader): void {
    this.#readers.delete(reader);
    this.#behind.delete(reader);
  }

  /** It is known, anew, who is there. */
  begin(): void {
    for (const reader of this.#readers) this.#greet(reader);
  }

  change(changes: RoomChanges): void {
    this.#tellAll((form) => form.changes(this.#room.channel, changes));
  }

  /** Only the number is told from now on. */
  count(total: number): void {
    this.#tellAll((form) => form.total(this.#room.channel, total));
  }

  /** Nothing is told any more. It is said to those who do not read, too: nothing comes that could say it later. */
  refuse(refusal: Refusal): void {
    for (const reader of this.#readers) reader.write(reader.form.refused(this.#room.channel, refusal));
    this.#readers.clear();
    this.#behind.clear();
  }

  #tellAll(encode: (form: RoomForm) => Buffer): void {
    // It would not fit any more, and can be large.
    this.#snapshots = undefined;
    const frames = new Map<RoomForm, Buffer>();
    for (const reader of this.#readers) {
      if (this.#behind.has(reader)) continue;
      const { form } = reader;
      const bytes = frames.get(form) ?? encode(form);
      frames.set(form, bytes);
      this.#tell(reader, bytes);
    }
  }

  /** All there is now, in place of whatever the reader was told. */
  #greet(reader: ListReader): void {
    const view = this.#room.view();
    if (view && !this.#behind.has(reader)) this.#tell(reader, this.#snapshot(view, reader.form));
  }

  #snapshot(view: RoomView, form: RoomForm): Buffer {
    if (this.#snapshots?.view !== view) this.#snapshots = { view, byForm: new Map() };
    const { byForm } = this.#snapshots;
    const bytes = byForm.get(form) ?? snapshotOf(this.#room.channel, view, form);
    byForm.set(form, bytes);
    return bytes;
  }

  #tell(reader: ListReader, bytes: Buffer): void {
    if (!reader.isBusy) return reader.write(bytes);
    this.#behind.add(reader);
    reader.whenIdle(() => {
      this.#room.whenTold(() => {
        if (this.#behind.delete(reader)) this.#greet(reader);
      });
    });
  }
}

function snapshotOf(channel: string, view: RoomView, form: RoomForm): Buffer {
  return view.kind === "small"
    ? form.members(channel, view.members, view.isComplete)
    : form.total(channel, view.total);
}
