/** Values that outlive a visit, in this browser. Where it keeps nothing (private windows, full, switched off), they last for the visit. */

const PREFIX = "tidewire:";
const inVisit = new Map<string, string>();

/** What is kept under that name, if `read` takes it: what stands there may be of another version, or anybody's. */
export function keptValue<Value>(
  name: string,
  read: (value: unknown) => Value | undefined,
): Value | undefined {
  try {
    const json = inVisit.get(name) ?? localStorage.getItem(PREFIX + name);
    return json === null ? undefined : read(JSON.parse(json));
  } catch {
    return undefined;
  }
}

export function keepValue(name: string, value: unknown): void {
  const json = JSON.stringify(value);
  try {
    localStorage.setItem(PREFIX + name, json);
    inVisit.delete(name);
  } catch {
    inVisit.set(name, json);
  }
}

/** Tells of what another tab keeps under that name. The result ends it. */
export function onKeptElsewhere<Value>(
  name: string,
  read: (value: unknown) => Value | undefined,
  listener: (value: Value) => void,
): () => void {
  const onStorage = ({ key }: StorageEvent) => {
    const value = key === PREFIX + name ? keptValue(name, read) : undefined;
    if (value !== undefined) listener(value);
  };
  window.addEventListener("storage", onStorage);
  return () => window.removeEventListener("storage", onStorage);
}
