/** When it is worth showing something new. */

/** A hidden page gets no frames at all; it is brought up to date this often instead. */
const HIDDEN_FRAME_MS = 500;

/** Calls back once, at the next frame to be drawn. */
export function nextFrame(callback: () => void): void {
  const run = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    callback();
  };
  const frame = requestAnimationFrame(run);
  const timer = setTimeout(run, HIDDEN_FRAME_MS);
}
