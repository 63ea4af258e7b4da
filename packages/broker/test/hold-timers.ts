/** Waits whose end is in a test's hands. */
import { vi } from "vitest";

/** Timers of that length go off when they are told to, however long other things take. */
export function holdTimers(heldMs: number) {
  const held: (() => void)[] = [];
  const start = globalThis.setTimeout;
  const hold = (action: () => void, ms?: number, ...rest: []) => {
    if (ms !== heldMs) return start(action, ms, ...rest);
    held.push(action);
    return start(() => {}, 0);
  };
  const spy = vi.spyOn(globalThis, "setTimeout").mockImplementation(hold as typeof setTimeout);
  return {
    end() {
      for (const action of held.splice(0)) action();
    },
    [Symbol.dispose]: () => spy.mockRestore(),
  };
}
