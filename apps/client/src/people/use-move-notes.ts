/** The notes of who came and who went, while a room is in the list. */

import { useEffect, useEffectEvent, useRef, useState } from "react";
import { Attendance } from "./attendance.ts";
import { type Move, type MoveNote, withMove } from "./move-notes.ts";
import type { Person } from "./people.ts";

interface Observed {
  /** `undefined` while it is not certain who is there, and in big rooms. */
  readonly people: readonly Person[] | undefined;
  readonly selfKey: string;
  /** The newest entry of the channel. */
  readonly lastKey: number;
}

export function useMoveNotes({ people, selfKey, lastKey }: Observed): readonly MoveNote[] {
  const [notes, setNotes] = useState<readonly MoveNote[]>([]);
  const attendance = useRef<Attendance>(undefined);
  const onMove = useEffectEvent((move: Move) => {
    if (move.key !== selfKey) setNotes((all) => withMove(all, move, lastKey));
  });
  useEffect(() => {
    const created = new Attendance((move) => onMove(move));
    attendance.current = created;
    return () => created.close();
  }, []);
  useEffect(() => {
    if (people) attendance.current?.see(people);
  }, [people]);
  return notes;
}
