/** Who is in a room, who types, who came and who went. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Attendance, HELD_BACK_MS } from "../src/people/attendance.ts";
import { type MoveNote, moveText, withMove } from "../src/people/move-notes.ts";
import { peopleOf, type PresentMember } from "../src/people/people.ts";
import { friendlyName } from "../src/self/friendly-name.ts";
import { typingText } from "../src/people/typing-text.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function guest(connection: string, id: string, isTyping = false): PresentMember {
  return { connection, info: { id, name: id.toUpperCase(), ...(isTyping && { typing: true }) } };
}

test("a guest with several tabs is there once, first of all oneself, and types where one of them does", () => {
  const members = [guest("1", "zoë", true), guest("2", "ann"), guest("3", "zoë"), guest("4", "me")];
  const people = peopleOf(members, "guest me");
  expect(people.map(({ name, isTyping }) => `${name} ${isTyping}`)).toEqual([
    "ME false",
    "ANN false",
    "ZOË true",
  ]);
});

test("a user is never one with a guest who claims the id, and who says nothing is somebody", () => {
  const members: readonly PresentMember[] = [
    { user: "7", info: { id: "8", name: "Zoë" } },
    { user: "9" },
    guest("1", "7"),
    { connection: "2" },
    { connection: "3", info: { id: 5, name: ["x"] } },
  ];
  expect(peopleOf(members, "user 7").map(({ key, id, name }) => [key, id, name])).toEqual([
    ["user 7", "7", "Zoë"],
    ["guest 7", "7", "7"],
    ["user 9", "9", "9"],
    ["connection 2", undefined, "Somebody"],
    ["connection 3", undefined, "Somebody"],
  ]);
});

test("a guest who has chosen no name has one all the same, for everybody the same", () => {
  const [person] = peopleOf([{ connection: "1", info: { id: "abc" } }], "guest me");
  expect(person).toMatchObject({ key: "guest abc", name: friendlyName("abc") });
});

function typing(...ids: readonly string[]): string {
  const members = ids.map((id) => guest(id, id, true));
  return typingText(peopleOf(members, "guest me"), "guest me");
}

test("two who type are named, and more are counted, without oneself", () => {
  expect(typing("me")).toBe("");
  expect(typing("me", "ann")).toBe("ANN is typing…");
  expect(typing("ann", "zoë")).toBe("ANN and ZOË are typing…");
  expect(typing("ann", "bob", "zoë")).toBe("3 people are typing…");
});

function watch() {
  const told: string[] = [];
  const attendance = new Attendance(({ kind, key }) => told.push(`${kind} ${key}`));
  const see = (...members: readonly PresentMember[]) => attendance.see(peopleOf(members, "guest me"));
  return { attendance, told, see };
}

test("who is there at first has not come; who comes later has", () => {
  const { told, see } = watch();
  see(guest("1", "ann"));
  see(guest("1", "ann"), guest("2", "zoë"));
  expect(told).toEqual(["joined guest zoë"]);
});

test("a guest who reloads neither leaves nor joins", () => {
  const { told, see } = watch();
  see(guest("1", "ann"));
  see();
  vi.advanceTimersByTime(HELD_BACK_MS - 1);
  see(guest("2", "ann"));
  vi.advanceTimersByTime(HELD_BACK_MS);
  expect(told).toEqual([]);
});

test("a guest who stays away has left, once, and may come again", () => {
  const { told, see } = watch();
  see(guest("1", "ann"));
  see();
  see();
  vi.advanceTimersByTime(HELD_BACK_MS);
  see(guest("2", "ann"));
  expect(told).toEqual(["left guest ann", "joined guest ann"]);
});

test("a user has left when the gateway says so, which holds that back itself", () => {
  const { told, see } = watch();
  see({ user: "7" });
  see();
  expect(told).toEqual(["left user 7"]);
});

test("after the end no timer is left", () => {
  const { attendance, see } = watch();
  see(guest("1", "ann"));
  see();
  attendance.close();
  expect(vi.getTimerCount()).toBe(0);
});

function noted(...moves: readonly (readonly ["joined" | "left", string, number])[]): readonly string[] {
  let notes: readonly MoveNote[] = [];
  for (const [kind, name, afterKey] of moves) notes = withMove(notes, { kind, key: name, name }, afterKey);
  return notes.map(moveText);
}

test("what happens between two messages is one note", () => {
  expect(noted(["joined", "Zoë", 1])).toEqual(["Zoë joined."]);
  expect(noted(["joined", "Zoë", 1], ["joined", "Ann", 1])).toEqual(["Zoë and Ann joined."]);
  expect(noted(["joined", "Zoë", 1], ["joined", "Ann", 1], ["left", "Bob", 1], ["joined", "Cy", 1])).toEqual([
    "Zoë and 2 others joined. Bob left.",
  ]);
  expect(noted(["joined", "Zoë", 1], ["joined", "Ann", 2])).toEqual(["Zoë joined.", "Ann joined."]);
});

test("a name that is read from right to left leaves the words around it in their order", () => {
  expect(noted(["joined", "דוד", 1], ["joined", "Ann", 1])).toEqual(["\u2068דוד\u2069 and Ann joined."]);
  expect(typing("דוד")).toBe("\u2068דוד\u2069 is typing…");
});

test("who comes and goes between two messages is not told of", () => {
  expect(noted(["joined", "Zoë", 1], ["left", "Zoë", 1])).toEqual([]);
});
