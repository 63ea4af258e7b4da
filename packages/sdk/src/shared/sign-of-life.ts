/** Web Locks as signs of life: who holds one lives, and however it ends, the browser gives the lock to who waits for it. */

export type Locks = Pick<LockManager, "request">;

/** Resolves once the lock is held, which is until the signal, or the end of this tab or worker. */
export function hold(locks: Locks, name: string, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const untilAborted = () =>
      new Promise<void>((release) => {
        if (signal?.aborted) release();
        signal?.addEventListener("abort", () => release(), { once: true });
        resolve();
      });
    locks.request(name, untilAborted).catch(reject);
  });
}

/** Calls back once, when nobody holds it any more, but not after the signal. */
export function onRelease(locks: Locks, name: string, signal: AbortSignal, callback: () => void): void {
  // Rejects when the signal comes first.
  locks.request(name, { signal }, callback).catch(() => {});
}
