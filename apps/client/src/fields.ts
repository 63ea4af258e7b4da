/** Checks of what came from elsewhere. */

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The members of a list that can be read. */
export function listOf<Item>(read: (value: unknown) => Item | undefined) {
  return (value: unknown): readonly Item[] | undefined =>
    Array.isArray(value) ? value.map(read).filter((item) => item !== undefined) : undefined;
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
