/** Graces by a clock that the test sets. */
import type { Member, Presence, Result } from "@tidewire/broker";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Attendance } from "../src/attendance.ts";
import { ChannelRules } from "../src/channel-rules.ts";
import { ROOMS } from "./presence-helpers.ts";
import { testConfig } from "./test-gateway.ts";

const GRACE_MS = 5_000;
const DONE: Result<void> = { ok: true, value: undefined };

/** Writes down what is asked of it. */
class RecordingPresence implements Pick<Presence, "enter" | "leave"> {
  readonly calls: string[] = [];

  async enter(_channel: string, { id }: Member): Promise<Result<void>> {
    this.calls.push(`enter ${id}`);
    return DONE;
  }

  async leave(_channel: string, id: string): Promise<Result<void>> {
    this.calls.push(`leave ${id}`);
    return DONE;
  }
}

function open(presenceGraceMs = GRACE_MS) {
  const { limits } = testConfig();
  const presence = new RecordingPresence();
  const attendance = new Attendance({
    presence,
    rules: new ChannelRules(ROOMS, limits),
    limits: { ...limits, presenceGraceMs },
    log: pino({ level: "silent" }),
  });
  return { attendance, presence };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("a grace", () => {
  test("begins anew when the broker is back: nobody could come back meanwhile", () => {
    const { attendance, presence } = open();
    attendance.enter("room:1", { id: "u:7", info: "" })?.leave("lost");
    vi.advanceTimersByTime(GRACE_MS - 1);
    attendance.linkIsUp();
    vi.advanceTimersByTime(GRACE_MS - 1);
    expect(presence.calls).toEqual(["enter u:7"]);
    vi.advanceTimersByTime(1);
    expect(presence.calls).toEqual(["enter u:7", "leave u:7"]);
  });

  test("that is brief does not end before other gateways have had time to be back, too", () => {
    const { attendance, presence } = open(10);
    // The first time nobody was away.
    attendance.linkIsUp();
    attendance.enter("room:1", { id: "u:6", info: "" })?.leave("lost");
    vi.advanceTimersByTime(10);
    expect(presence.calls.splice(0)).toEqual(["enter u:6", "leave u:6"]);
    const stay = attendance.enter("room:1", { id: "u:7", info: "" });
    attendance.enter("room:1", { id: "u:8", info: "" })?.leave("lost");
    attendance.linkIsUp();
    stay?.leave("lost");
    vi.advanceTimersByTime(4_999);
    expect(presence.calls.splice(0)).toEqual(["enter u:7", "enter u:8"]);
    vi.advanceTimersByTime(1);
    expect(presence.calls.splice(0).toSorted()).toEqual(["leave u:7", "leave u:8"]);
    attendance.enter("room:1", { id: "u:9", info: "" })?.leave("lost");
    vi.advanceTimersByTime(10);
    expect(presence.calls).toEqual(["enter u:9", "leave u:9"]);
  });

  test("does not begin for who is there when the broker is back", () => {
    const { attendance, presence } = open();
    attendance.enter("room:1", { id: "u:7", info: "" })?.leave("lost");
    attendance.enter("room:1", { id: "u:7", info: "" });
    attendance.linkIsUp();
    vi.advanceTimersByTime(2 * GRACE_MS);
    expect(presence.calls).toEqual(["enter u:7"]);
  });
});
