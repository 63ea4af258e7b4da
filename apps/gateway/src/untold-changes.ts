/**
 * The changes of one room that its readers have not been told yet: gathered for a moment, and told as one.
 *
 * Invariant: while any wait, a moment is planned at which they are told.
 */
import { changesOf, type RoomChanges } from "./presence-changes.ts";

/** Changes are told so far apart at least, in milliseconds: however fast clients make them, readers hear few pushes. */
const CHANGES_INTERVAL_MS = 50;

export interface UntoldChangesOptions {
  /** Those of now, with their info; `undefined` while they are not told one by one. */
  readonly members: () => ReadonlyMap<string, string> | undefined;
  /** Gets no empty changes. */
  readonly onTold: (changes: RoomChanges) => void;
}

export class UntoldChanges {
  readonly #options: UntoldChangesOptions;
  /** Members that are not as readers were told, with the info that they were told; `undefined` for none. */
  readonly #touched = new Map<string, string | undefined>();
  /** What is done once they are told. */
  #actions: (() => void)[] = [];
  /** When changes were told last, by the clock of timers. */
  #toldAtMs = -Infinity;

  constructor(options: UntoldChangesOptions) {
    this.#options = options;
  }

  /** To be called before a member comes, goes or changes, with the info that it has; `undefined` for none. */
  touch(id: string, before: string | undefined): void {
    if (this.#touched.size === 0) this.#tellSoon();
    if (!this.#touched.has(id)) this.#touched.set(id, before);
  }

  /** At once, where none wait. */
  whenTold(action: () => void): void {
    if (this.#touched.size === 0) action();
    else this.#actions.push(action);
  }

  /** Now. */
  tell(): void {
    const members = this.#options.members();
    if (members && this.#touched.size > 0) this.#tellThose(members);
    this.settle();
  }

  /** They are not told any more. Returns the members that readers were never told of. */
  drop(): string[] {
    const unknown = [...this.#touched].filter(([, told]) => told === undefined).map(([id]) => id);
    this.#touched.clear();
    return unknown;
  }

  /** Whoever waits until they are told goes on: they have been, or never will be. */
  settle(): void {
    const actions = this.#actions;
    this.#actions = [];
    for (const action of actions) action();
  }

  /** At once, unless the last changes were told a moment ago. */
  #tellSoon(): void {
    const waitMs = this.#toldAtMs + CHANGES_INTERVAL_MS - performance.now();
    if (waitMs > 0) setTimeout(() => this.tell(), waitMs).unref();
    else setImmediate(() => this.tell());
  }

  #tellThose(members: ReadonlyMap<string, string>): void {
    const changes = changesOf(this.#touched, members);
    this.#touched.clear();
    this.#toldAtMs = performance.now();
    const { joined, left, updated } = changes;
    // Who came and went in the meantime was never there.
    if (joined.length + left.length + updated.length > 0) this.#options.onTold(changes);
  }
}
