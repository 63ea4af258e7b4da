/** What members said of themselves, by numbers that go on, and what of it was acknowledged. */
import type { InfoState } from "./evidence.ts";

export class Infos {
  readonly #states = new Map<string, { acknowledged: number; readonly open: Set<number> }>();

  get all(): ReadonlyMap<string, InfoState> {
    return this.#states;
  }

  say(member: string, info: number): void {
    this.#of(member).open.add(info);
  }

  acknowledge(member: string, info: number): void {
    const state = this.#of(member);
    state.open.delete(info);
    state.acknowledged = Math.max(state.acknowledged, info);
  }

  #of(member: string) {
    const known = this.#states.get(member) ?? { acknowledged: 0, open: new Set<number>() };
    this.#states.set(member, known);
    return known;
  }
}
