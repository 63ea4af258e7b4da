/** Who came and who went, as the log tells it: all that happened between two messages is one note. */

import { isolatedName } from "./isolated-name.ts";

export interface Move {
  readonly kind: "joined" | "left";
  /** Whose. */
  readonly key: string;
  readonly name: string;
}

export interface MoveNote {
  readonly id: number;
  /** Behind which entry of the channel it stands. */
  readonly afterKey: number;
  readonly moves: readonly Move[];
}

const MAX_NOTES = 100;

/** Who came and went again, or the other way round, within one note, is not worth a word. */
export function withMove(notes: readonly MoveNote[], move: Move, afterKey: number): readonly MoveNote[] {
  const last = notes.at(-1);
  if (last?.afterKey !== afterKey) {
    const id = (last?.id ?? 0) + 1;
    return [...notes, { id, afterKey, moves: [move] }].slice(-MAX_NOTES);
  }
  const others = last.moves.filter(({ key }) => key !== move.key);
  const moves = others.length < last.moves.length ? others : [...others, move];
  return [...notes.slice(0, -1), ...(moves.length > 0 ? [{ ...last, moves }] : [])];
}

/** "Zoë and 2 others joined. Ann left." */
export function moveText({ moves }: MoveNote): string {
  const sentences = (["joined", "left"] as const).map((kind) => {
    const names = moves.filter((move) => move.kind === kind).map(({ name }) => isolatedName(name));
    return names.length === 0 ? "" : `${listed(names)} ${kind}.`;
  });
  return sentences.filter(Boolean).join(" ");
}

function listed(names: readonly string[]): string {
  const [first = "", second] = names;
  if (second === undefined) return first;
  return names.length === 2 ? `${first} and ${second}` : `${first} and ${names.length - 1} others`;
}
