/** Values that outlive the page. Where the browser keeps nothing (private windows, full, switched off), they last as long as it. */

const PREFIX = "tidewire:";

export class KeptValues {
  /** The mere mention of a storage may throw. */
  readonly #storage: () => Storage;
  readonly #inPage = new Map<string, string>();

  constructor(storage: () => Storage) {
    this.#storage = storage;
  }

  /** What is kept under that name, if `read` takes it: what stands there may be of another version, or anybody's. */
  read<Value>(name: string, read: (value: unknown) => Value | undefined): Value | undefined {
    try {
      const json = this.#inPage.get(name) ?? this.#storage().getItem(PREFIX + name);
      return json === null ? undefined : read(JSON.parse(json));
    } catch {
      return undefined;
    }
  }

  keep(name: string, value: unknown): void {
    const json = JSON.stringify(value);
    try {
      this.#storage().setItem(PREFIX + name, json);
      this.#inPage.delete(name);
    } catch {
      this.#inPage.set(name, json);
    }
  }

  /** Tells of what another tab keeps under that name. The result ends it. */
  onKeptElsewhere<Value>(
    name: string,
    read: (value: unknown) => Value | undefined,
    listener: (value: Value) => void,
  ): () => void {
    const onStorage = ({ key }: StorageEvent) => {
      const value = key === PREFIX + name ? this.read(name, read) : undefined;
      if (value !== undefined) listener(value);
    };
    window.addEventListener("storage", onStorage);
    return () => window.removeEventListener("storage", onStorage);
  }
}

/** Until somebody clears them: who one is, one's rooms, how far one has read. */
export const inBrowser = new KeptValues(() => localStorage);

/** As long as the tab: what was written there, and is not in a channel yet. */
export const inTab = new KeptValues(() => sessionStorage);
