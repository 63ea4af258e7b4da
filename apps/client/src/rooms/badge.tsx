/** How much is new. */

const MAX_SHOWN = 99;

export function badgeText(count: number): string {
  return count > MAX_SHOWN ? `${MAX_SHOWN}+` : String(count);
}

export function Badge({ count }: { readonly count: number }) {
  return (
    <span className="badge">
      {badgeText(count)}
      <span className="visually-hidden"> new</span>
    </span>
  );
}
