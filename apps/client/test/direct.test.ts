/** Conversations of two: their channels, and who may begin one. */

import { describe, expect, test } from "vitest";
import { invitedTo, readConversation, readInvitation, withConversation } from "../src/direct/conversation.ts";
import { directChannel, otherOf } from "../src/direct/direct-channel.ts";
import { inBrowser } from "../src/kept-values.ts";
import { channelMeant, roomFault, roomKind, roomTitle } from "../src/rooms/room-kind.ts";
import { personKey, readGuestId, readName, selfOf, tidyName } from "../src/self/self.ts";
import { newKey } from "../src/sending/new-key.ts";

describe("the channel of two", () => {
  test("is the same for both, in the order of code units", () => {
    expect(directChannel("7", "8")).toBe("dm:7,8");
    expect(directChannel("8", "7")).toBe("dm:7,8");
    expect(directChannel("b", "Z")).toBe("dm:Z,b");
  });

  test("takes any id that is not too long, and gives it back", () => {
    for (const id of ["a,b", "*", "é/ü", "%2C", " ", "x".repeat(100)]) {
      const channel = directChannel("me", id);
      expect(otherOf(String(channel), "me")).toBe(id);
      expect(otherOf(String(channel), id)).toBe("me");
    }
    expect(directChannel("me", "x".repeat(300))).toBeUndefined();
  });

  test("is nobody else's", () => {
    for (const channel of ["dm:7,8", "dm:me", "dm:me,a,b", "dm:z,me", "chat:me,z", "dm:%,me", "dm:"]) {
      expect(otherOf(channel, "me")).toBeUndefined();
    }
  });
});

describe("an invitation", () => {
  const guest = { id: "me", user: undefined };
  const user = { id: "7", user: "7" };
  const ann = {
    channel: "dm:ann,me",
    name: "Ann",
    id: "ann",
    sinceMs: 5,
    invitedMs: 0,
    isLeft: false,
    isOwn: true,
  };

  test("of a guest counts for the conversation of these two alone", () => {
    const invitation = { channel: "dm:ann,me", name: "Ann", id: "ann" };
    expect(invitedTo(invitation, undefined, guest)).toEqual({ channel: "dm:ann,me", name: "Ann", id: "ann" });
    expect(invitedTo({ ...invitation, channel: "chat:lobby" }, undefined, guest)).toBeUndefined();
    expect(invitedTo({ ...invitation, id: "bob" }, undefined, guest)).toBeUndefined();
    expect(invitedTo({ channel: "dm:me,me", name: "me", id: "me" }, undefined, guest)).toBeUndefined();
  });

  test("of a user is what the gateway says of its sender, whatever it claims", () => {
    const invitation = { channel: "dm:7,8", name: "Zoë", id: "8" };
    expect(invitedTo(invitation, "8", user)).toMatchObject({ id: "8" });
    expect(invitedTo(invitation, "9", user)).toBeUndefined();
    expect(invitedTo(invitation, undefined, user)).toBeUndefined();
  });

  test("to one that is known changes its name at most, and none that is older than the last changes anything", () => {
    const known = { ...ann, invitedMs: 5 };
    expect(withConversation([known], { ...ann, name: "Anna", sinceMs: 8, invitedMs: 9 })).toEqual([
      { ...known, name: "Anna", invitedMs: 9 },
    ]);
    const list = [known];
    expect(withConversation(list, { ...ann, name: "Anna", invitedMs: 5, isOwn: false })).toBe(list);
    expect(withConversation(list, ann)).toBe(list);
  });

  test("brings one back that was left, unless it had been there before, and so does going there oneself", () => {
    const left = { ...ann, invitedMs: 5, isLeft: true, isOwn: false };
    const list = [left];
    expect(withConversation(list, { ...ann, invitedMs: 5, isOwn: false })).toBe(list);
    const again = { ...ann, sinceMs: 8, invitedMs: 9, isOwn: false };
    expect(withConversation(list, again)).toEqual([again]);
    expect(withConversation(list, { ...ann, sinceMs: 8 })).toEqual([{ ...ann, sinceMs: 8, invitedMs: 5 }]);
  });

  test("takes the place of others when there are many, and never of one that was begun or answered", () => {
    const invited = (id: string, invitedMs: number) => ({
      ...ann,
      channel: `dm:${id},me`,
      id,
      invitedMs,
      isOwn: false,
    });
    const answered = withConversation([invited("bob", 1)], { ...invited("bob", 0), isOwn: true });
    let list = withConversation([ann, ...answered], invited("cid", 2));
    for (let count = 0; count < 200; count += 1)
      list = withConversation(list, invited(`s${count}`, 3 + count));
    expect(list).toHaveLength(50);
    expect(list.slice(0, 3).map(({ id }) => id)).toEqual(["ann", "bob", "cid"]);
    expect(list.at(-1)?.id).toBe("s199");
    const own = Array.from({ length: 50 }, (_, index) => ({ ...invited(`own${index}`, 0), isOwn: true }));
    expect(withConversation(own, ann).map(({ id }) => id)).not.toContain("own0");
    expect(withConversation(own, invited("cid", 2))).toBe(own);
    const left = [...own.slice(0, -1), { ...invited("left", 0), isLeft: true, isOwn: true }];
    expect(withConversation(left, ann).map(({ id }) => id)).toEqual([
      ...own.slice(0, -1).map(({ id }) => id),
      "ann",
    ]);
  });

  test("without a name is told by its id, which fits in a line as well", () => {
    const channel = "dm:x,me";
    expect(readInvitation({ channel, name: " ", id: "✓ Ann\u202E\n" })?.name).toBe("Ann");
    expect(readInvitation({ channel, name: "", id: "x".repeat(500) })?.name).toHaveLength(40);
  });
});

test("what is kept is read as anybody's, and outlives a browser that keeps nothing", () => {
  const kept = {
    channel: "dm:a,b",
    name: "",
    id: "b",
    sinceMs: 1,
    invitedMs: 0,
    isLeft: false,
    isOwn: false,
  };
  inBrowser.keep("a", kept);
  expect(inBrowser.read("a", readConversation)).toEqual({ ...kept, name: "b" });
  for (const channel of [5, "", "dm:a b", "chat:a", `dm:${"a".repeat(300)}`]) {
    inBrowser.keep("a", { ...kept, channel });
    expect(inBrowser.read("a", readConversation)).toBeUndefined();
  }
  inBrowser.keep("a", { channel: 5 });
  expect(inBrowser.read("a", readConversation)).toBeUndefined();
  expect(inBrowser.read("never", readConversation)).toBeUndefined();
});

test("a name without a colon is a room of people, unless it is known for itself", () => {
  expect(channelMeant(" garden ", ["channel"])).toBe("chat:garden");
  expect(channelMeant("channel", ["channel"])).toBe("channel");
  expect(channelMeant("room:42", [])).toBe("room:42");
  expect(roomFault("a b", [])).toContain("white space");
  expect(roomFault("", [])).toBe("A name is wanted.");
  expect([roomKind("chat:a"), roomKind("dm:a,b"), roomKind("channel")]).toEqual(["people", "direct", "open"]);
  expect([roomTitle("chat:a"), roomTitle("room:1")]).toEqual(["a", "room:1"]);
});

test("a person has one name that fits in a line, and a user is never taken for a guest", () => {
  expect(tidyName("  Zo\u202eë\n\n  of the shore ")).toBe("Zo ë of the shore");
  expect(tidyName("x".repeat(50))).toHaveLength(40);
  expect([readName("✓ Zoë\u034f \u2800"), readName("\u3164\u2060"), readName(7)]).toEqual([
    "Zoë",
    undefined,
    undefined,
  ]);
  expect(readName("x".repeat(100_000))).toHaveLength(40);
  const ids = ["", "me", "g".repeat(3_000), 7, newKey()].map((id) => readGuestId(id) !== undefined);
  expect(ids).toEqual([false, false, false, false, true]);
  expect(selfOf("7", "guest", undefined)).toEqual({ user: "7", id: "7", name: "7", isNamed: false });
  expect(selfOf(undefined, "guest", undefined).name).toMatch(/^\w+ \w+$/);
  expect(personKey({ user: "7" })).not.toBe(personKey({ id: "7" }));
});
