import { describe, expect, test } from "vitest";
import { channelFault, MAX_CHANNEL_LENGTH, userChannel } from "../src/index.ts";

describe("a channel name", () => {
  test.each([
    "channel",
    "room:42",
    "user:7",
    "a",
    "orders/eu-west.1",
    "user:a%20b",
    "x".repeat(MAX_CHANNEL_LENGTH),
  ])("%s is one", (name) => expect(channelFault(name)).toBeUndefined());

  test.each([
    ["", "empty"],
    ["x".repeat(MAX_CHANNEL_LENGTH + 1), "at most 255"],
    ["two words", "white space"],
    ["room:*", '"*"'],
    ["{tag}", '"{"'],
    ["line\nbreak", "white space"],
    ["café", '"é"'],
    ["tidewire:doorbell", 'begin with "tidewire:"'],
    ["__keyspace@0__:x", 'begin with "__"'],
  ])("%j is none, and the sentence says why", (name, reason) => {
    expect(channelFault(name)).toContain(reason);
  });
});

describe("the channel of a user", () => {
  test.each([
    ["7", "user:7"],
    ["a b", "user:a%20b"],
    ["*", "user:%2A"],
    ["ä/:{}", "user:%C3%A4%2F%3A%7B%7D"],
  ])("of %j is %s, a valid name", (id, channel) => {
    expect(userChannel(id)).toBe(channel);
    expect(channelFault(channel)).toBeUndefined();
  });

  test("two ids never share one", () => {
    const ids = ["a", "A", "%61", "a%", "*", "%2A", "user:a", "a/b", "a%2Fb", " ", "+"];
    expect(new Set(ids.map(userChannel)).size).toBe(ids.length);
  });
});
