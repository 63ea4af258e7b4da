/** Time in a test's hands, for what must not depend on how fast the machine is. To be called before the gateway starts. */
import { onTestFinished, vi } from "vitest";

/**
 * The clock on the wall stands still from now on, until the end of the test; timers go by the real time. The result
 * sets it forward.
 */
export function stopClock(): (byMs: number) => void {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  return (byMs) => void vi.setSystemTime(Date.now() + byMs);
}

/**
 * What is done again and again, as the heartbeat is, waits from now on, until the end of the test. The result has it done
 * for so long at once.
 */
export function stopIntervals(): (forMs: number) => void {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  return (forMs) => void vi.advanceTimersByTime(forMs);
}
