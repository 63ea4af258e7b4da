/** Takes care of the focus of a button that vanishes by its own work: it goes on at the head of the room. */

import { type RefObject, useLayoutEffect, useRef } from "react";
import { focusRoomIfLost } from "./focus-room.ts";

/** @returns the ref of the button, in a component that vanishes with it */
export function useFocusKept(): RefObject<HTMLButtonElement | null> {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const element = button.current;
    return () => {
      // Still there at this moment. Who is elsewhere with the focus is left alone.
      if (element !== null && document.activeElement === element) focusRoomIfLost();
    };
  }, []);
  return button;
}
