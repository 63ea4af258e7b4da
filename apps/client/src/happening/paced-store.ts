/** What React reads of something that changes often: it hears of changes once a frame, and of none while nobody looks. */

import { nextFrame as nextFrameOfPage } from "./next-frame.ts";

export class PacedStore<View> {
  readonly #read: () => View;
  readonly #nextFrame: (callback: () => void) => void;
  readonly #listeners = new Set<() => void>();
  #view: View | undefined;
  #isDue = false;

  /** @param read makes a view of the present, which never changes afterwards */
  constructor(read: () => View, nextFrame: (callback: () => void) => void = nextFrameOfPage) {
    this.#read = read;
    this.#nextFrame = nextFrame;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): View => (this.#view ??= this.#read());

  /** What is read would be another view now. */
  change(): void {
    if (this.#listeners.size === 0) this.#view = undefined;
    else if (!this.#isDue) {
      this.#isDue = true;
      this.#nextFrame(this.#tell);
    }
  }

  readonly #tell = (): void => {
    this.#isDue = false;
    this.#view = undefined;
    for (const listener of this.#listeners) listener();
  };
}
