/** React in a document that is none of a browser's: what components show, and how often they were rendered. */
import { Window } from "happy-dom";
import type { ReactNode } from "react";

// Before React's renderer looks for them.
const window = new Window();
Object.assign(globalThis, { window, document: window.document });
const { createRoot } = await import("react-dom/client");
const { flushSync } = await import("react-dom");

export interface Page extends Disposable {
  /** Renders it in the place of what was there, with all effects. Throws what no component has caught. */
  show(node: ReactNode): void;
  /** Removes everything, with all effects. */
  unmount(): void;
  /** What stands there now. */
  readonly text: string;
}

export function openPage(node?: ReactNode): Page {
  const container = document.createElement("div");
  const faults: unknown[] = [];
  const root = createRoot(container, { onUncaughtError: (fault) => faults.push(fault) });
  let isMounted = true;
  const page = {
    show: (next: ReactNode) => {
      flushSync(() => root.render(next));
      if (faults.length > 0) throw faults[0];
    },
    unmount: () => {
      if (isMounted) flushSync(() => root.unmount());
      isMounted = false;
    },
    get text() {
      return container.textContent;
    },
    [Symbol.dispose]: () => page.unmount(),
  };
  if (node !== undefined) page.show(node);
  return page;
}

/** What a hook gave, at each render that reached the page. */
export class Probe<Value> {
  readonly values: Value[] = [];
  readonly #waiters: {
    readonly passes: (value: Value) => boolean;
    readonly resolve: (value: Value) => void;
  }[] = [];

  /** What it gave last. */
  get now(): Value {
    return this.values.at(-1) as Value;
  }

  take(value: Value): void {
    this.values.push(value);
    for (const { passes, resolve } of this.#waiters) if (passes(value)) resolve(value);
  }

  /** Resolves once it gives what passes. */
  until(passes: (value: Value) => boolean): Promise<Value> {
    if (this.values.length > 0 && passes(this.now)) return Promise.resolve(this.now);
    return new Promise((resolve) => this.#waiters.push({ passes, resolve }));
  }
}
