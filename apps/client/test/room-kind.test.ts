/** What a channel is to the page. */

import { expect, test } from "vitest";
import { roomKind, roomTitle } from "../src/rooms/room-kind.ts";

test("the channel of who has signed in is theirs alone, and that of another is any channel", () => {
  expect(roomKind("user:7", "7")).toBe("own");
  expect(roomTitle("user:7", "7")).toBe("only for you");
  expect(roomKind("user:a%20%2A", "a *")).toBe("own");
  for (const user of ["8", undefined]) {
    expect(roomKind("user:7", user)).toBe("open");
    expect(roomTitle("user:7", user)).toBe("user:7");
  }
});

test("people talk in rooms of people and in conversations of two", () => {
  expect(["chat:lobby", "dm:7,8", "room:1"].map((channel) => roomKind(channel, "7"))).toEqual([
    "people",
    "direct",
    "open",
  ]);
});
