/** The clock on the wall in a test's hands, for what must not depend on how fast the machine is. */
import { onTestFinished, vi } from "vitest";

/**
 * From now on, until the end of the test, it stands still; timers go by the real time. The result sets it forward.
 * To be called before the gateway starts.
 */
export function stopClock(): (byMs: number) => void {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  return (byMs) => void vi.setSystemTime(Date.now() + byMs);
}
