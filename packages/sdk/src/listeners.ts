/** Functions of the application that are called when something happens. One that throws does not stop the others. */

/** Gets what a listener threw. */
export type Report = (error: unknown) => void;

/** As for an exception in any event listener: browsers and Node.js make it known in their own ways. */
export const reportUncaught: Report = (error) => {
  if (typeof reportError === "function") return reportError(error);
  queueMicrotask(() => {
    throw error;
  });
};

/** Calls functions of the application, and catches what they throw. */
export function createGuard(onError: Report = reportUncaught) {
  return <Value>(listener: ((value: Value) => void) | undefined, value: Value): void => {
    try {
      listener?.(value);
    } catch (error) {
      try {
        onError(error);
      } catch (fault) {
        reportUncaught(fault);
      }
    }
  };
}

export type Guard = ReturnType<typeof createGuard>;

export class Listeners<Value> {
  readonly #guard: Guard;
  readonly #listeners = new Set<{ readonly call: (value: Value) => void }>();

  constructor(guard: Guard) {
    this.#guard = guard;
  }

  get size(): number {
    return this.#listeners.size;
  }

  /** The same function twice is called twice. The result ends it, and may be called again. */
  add(call: (value: Value) => void): () => void {
    const entry = { call };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  /** Those that were added while it goes on are not called. */
  call(value: Value): void {
    for (const entry of Array.from(this.#listeners)) {
      if (this.#listeners.has(entry)) this.#guard(entry.call, value);
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
