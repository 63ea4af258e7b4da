/** The signs of the page. */

/** Two waves in the accent colour: Tidewire. */
export function WaveMark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect className="mark-ground" width="32" height="32" rx="8" />
      <path className="mark-crest" d="M4 13c4-5 8-5 12 0s8 5 12 0" />
      <path className="mark-swell" d="M4 21c4-5 8-5 12 0s8 5 12 0" />
    </svg>
  );
}

/** A line with a beat in it: what goes over the wire. It stands for its words where there is no room for them. */
export function HappeningMark() {
  return (
    <svg className="happening-mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d="M2 12h5l3-8 4 16 3-8h5" />
    </svg>
  );
}
