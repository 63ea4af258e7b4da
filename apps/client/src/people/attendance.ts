/**
 * Tells who has come and who has gone, from who is there.
 *
 * A guest's presence ends with each connection: one who reloads the page, or whose gateway was lost, is gone for a moment.
 * So it is held back that a guest has left, and forgotten when they are back. Gateways do that themselves for users.
 */

import type { Move } from "./move-notes.ts";
import type { Person } from "./people.ts";

export const HELD_BACK_MS = 5_000;

type Known = Pick<Person, "key" | "name" | "isVerified">;

export class Attendance {
  readonly #onMove: (move: Move) => void;
  readonly #known = new Map<string, Known>();
  readonly #leaving = new Map<string, ReturnType<typeof setTimeout>>();
  #isFirst = true;

  constructor(onMove: (move: Move) => void) {
    this.#onMove = onMove;
  }

  /** All who are there now. Who is there at the first time has not come. */
  see(people: readonly Known[]): void {
    for (const person of people) this.#seePresent(person);
    const present = new Set(people.map(({ key }) => key));
    for (const person of this.#known.values()) if (!present.has(person.key)) this.#miss(person);
    this.#isFirst = false;
  }

  /** No timer is left. */
  close(): void {
    for (const timer of this.#leaving.values()) clearTimeout(timer);
    this.#leaving.clear();
  }

  #seePresent(person: Known): void {
    const { key, name } = person;
    clearTimeout(this.#leaving.get(key));
    this.#leaving.delete(key);
    const isNew = !this.#known.has(key);
    this.#known.set(key, person);
    if (isNew && !this.#isFirst) this.#onMove({ kind: "joined", key, name });
  }

  #miss({ key, name, isVerified }: Known): void {
    if (this.#leaving.has(key)) return;
    const leave = () => {
      this.#leaving.delete(key);
      this.#known.delete(key);
      this.#onMove({ kind: "left", key, name });
    };
    if (isVerified) leave();
    else this.#leaving.set(key, setTimeout(leave, HELD_BACK_MS));
  }
}
