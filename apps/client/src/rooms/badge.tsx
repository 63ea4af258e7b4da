/** How much is new. */

const MAX_SHOWN = 99;

export function Badge({ count }: { readonly count: number }) {
  return (
    <span className="badge">
      {count > MAX_SHOWN ? `${MAX_SHOWN}+` : count}
      <span className="visually-hidden"> new</span>
    </span>
  );
}
