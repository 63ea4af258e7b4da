/** The members of one channel on the embedded broker, in the order of the bytes of their ids, as Redis sorts them. */
import { MAX_PAGE_MEMBERS, type Member, type MembersPage, type MembersRequest } from "./presence.ts";

interface Kept {
  readonly info: string;
  /** The term under which it was entered last. */
  readonly term: string;
}

export class MemoryMembers {
  readonly #kept = new Map<string, Kept>();
  readonly #sorted: string[] = [];

  get size(): number {
    return this.#kept.size;
  }

  infoOf(id: string): string | undefined {
    return this.#kept.get(id)?.info;
  }

  set({ id, info }: Member, term: string): void {
    if (!this.#kept.has(id)) this.#sorted.splice(this.#indexOf(id), 0, id);
    this.#kept.set(id, { info, term });
  }

  /** Returns whether it was there. */
  delete(id: string): boolean {
    if (!this.#kept.delete(id)) return false;
    this.#sorted.splice(this.#indexOf(id), 1);
    return true;
  }

  /** Those that were not entered under that term. */
  notOf(term: string): string[] {
    return this.#sorted.filter((id) => this.#kept.get(id)?.term !== term);
  }

  page({ after, limit }: MembersRequest): Pick<MembersPage, "members" | "total" | "hasMore"> {
    const at = after === undefined ? 0 : this.#indexOf(after);
    const start = after !== undefined && this.#sorted[at] === after ? at + 1 : at;
    const ids = this.#sorted.slice(start, start + Math.min(limit, MAX_PAGE_MEMBERS));
    const members = ids.map((id) => ({ id, info: this.infoOf(id) as string }));
    return { members, total: this.size, hasMore: start + ids.length < this.size };
  }

  /** Where it is, or would be. */
  #indexOf(id: string): number {
    const bytes = Buffer.from(id);
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const isBefore = Buffer.from(this.#sorted[middle] as string).compare(bytes) < 0;
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
