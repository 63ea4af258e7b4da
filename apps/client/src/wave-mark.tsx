/** Tidewire's mark: two waves in the accent colour. */

export function WaveMark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect className="mark-ground" width="32" height="32" rx="8" />
      <path className="mark-crest" d="M4 13c4-5 8-5 12 0s8 5 12 0" />
      <path className="mark-swell" d="M4 21c4-5 8-5 12 0s8 5 12 0" />
    </svg>
  );
}
