/** Where the focus goes on when what had it is gone with the room that was open: to the head of the one that is. */

export const ROOM_HEADING = "room-heading";

/** To be called in an event that opens or leaves a room. */
export function focusRoomIfLost(isLostAnyway = false): void {
  // Once the page has changed.
  setTimeout(() => {
    if (isLostAnyway || document.activeElement === document.body) {
      document.getElementById(ROOM_HEADING)?.focus();
    }
  });
}
