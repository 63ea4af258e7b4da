import { describe, expect, test } from "vitest";
import { type LinkEvent, type LinkState, nextLinkState } from "../src/link-state.ts";

const EVENTS: readonly LinkEvent[] = ["ready", "proved", "unfit", "silent", "closed"];

function follow(...events: readonly LinkEvent[]): LinkState {
  return events.reduce<LinkState>(nextLinkState, "connecting");
}

describe("the state of a link", () => {
  test("is up only by being let in and then proved", () => {
    expect(follow("ready", "proved")).toBe("up");
    expect(follow("proved")).toBe("connecting");
    expect(follow("ready")).toBe("settling");
  });

  test.each(["silent", "closed", "unfit"] as const)("is not up any more after it was %s", (event) => {
    expect(follow("ready", "proved", event)).not.toBe("up");
    expect(follow("ready", "proved", event, "proved")).toBe(event === "unfit" ? "up" : "connecting");
  });

  test("is never up after the connection was closed, whatever comes late", () => {
    for (const late of EVENTS.filter((event) => event !== "ready")) {
      expect(follow("ready", "proved", "closed", late)).toBe("connecting");
    }
  });
});
