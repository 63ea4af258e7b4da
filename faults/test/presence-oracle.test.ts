import { describe, expect, test } from "vitest";
import type {
  Gone,
  InfoState,
  PresenceEvidence,
  Seen,
  Silence,
  Span,
  Stay,
} from "../src/presence/evidence.ts";
import { judgePresence } from "../src/presence/oracle.ts";

const TIMES = { leaseMs: 10_000, leaseRenewMs: 2_000, graceMs: 5_000 };
const OPEN = Number.POSITIVE_INFINITY;

/** Who was there when, and what one observer was told, written by hand. Ann is there, and known, from 0 on. */
class Scene {
  readonly #stays: Stay[] = [];
  readonly #seen: Seen[] = [{ kind: "begun", gateway: 0, atMs: 0 }];
  readonly #silences: Silence[] = [];
  readonly #outages: Span[] = [];
  readonly #gone: Gone[] = [];
  readonly #infos = new Map<string, InfoState>();
  #answer: readonly string[] = [];

  stay(member: string, fromMs: number, toMs = OPEN, how: Partial<Stay> = {}): this {
    this.#stays.push({ member, gateway: 0, fromMs, toMs, isExplicit: false, ...how });
    return this;
  }

  /** @param members names, with the number of their info behind a colon */
  list(atMs: number, ...members: readonly string[]): this {
    this.#seen.push({ kind: "members", isComplete: true, members: shown(members), atMs });
    return this;
  }

  tell(atMs: number, changes: Partial<Record<"joined" | "left" | "updated", string>>, total: number): this {
    const listed = (name: "joined" | "updated") => shown(changes[name] ? [changes[name]] : []);
    const left = changes.left ? [changes.left] : [];
    const told = { joined: listed("joined"), updated: listed("updated"), left };
    this.#seen.push({ kind: "changes", ...told, total, atMs });
    return this;
  }

  silent(gateway: number, fromMs: number, toMs: number): this {
    this.#silences.push({ gateway, fromMs, toMs });
    return this;
  }

  away(fromMs: number, toMs: number): this {
    this.#outages.push({ fromMs, toMs });
    return this;
  }

  gone(member: string, atMs: number): this {
    this.#gone.push({ member, atMs });
    return this;
  }

  say(member: string, acknowledged: number, ...open: readonly number[]): this {
    this.#infos.set(member, { acknowledged, open: new Set(open) });
    return this;
  }

  answer(...members: readonly string[]): this {
    this.#answer = members;
    return this;
  }

  findings(): string[] {
    return this.judge().findings.map(({ kind }) => kind);
  }

  judge() {
    const evidence: PresenceEvidence = {
      times: TIMES,
      stays: this.#stays,
      silences: this.#silences,
      outages: this.#outages,
      observers: [{ name: "observer", seen: this.#seen }],
      answers: [{ gateway: 0, members: shown(this.#answer) }],
      infos: this.#infos,
      gone: this.#gone,
    };
    return judgePresence(evidence);
  }
}

function shown(members: readonly string[]): Map<string, number> {
  return new Map(
    members.map((member) => {
      const [name = "", info = "0"] = member.split(":");
      return [name, Number(info)];
    }),
  );
}

function scene(): Scene {
  return new Scene().stay("ann", 0).list(0, "ann").answer("ann");
}

/** Ann has another info. */
function second(): Scene {
  return scene().tell(1, { updated: "ann:2" }, 1).answer("ann:2");
}

/** Bob is shown as well. */
function bob(): Scene {
  return scene().list(1, "ann", "bob").answer("ann", "bob");
}

/** Bob is told as left, and a second later as there again. */
function toAndFro(each: Scene, atMs: number): Scene {
  return each.tell(atMs, { left: "bob" }, 1).tell(atMs + 1_000, { joined: "bob" }, 2);
}

describe("at the end", () => {
  test("those are there that have a socket open, for observers and for who asks", () => {
    expect(scene().findings()).toEqual([]);
    expect(scene().answer("ann", "bob").findings()).toEqual(["ghost"]);
    expect(scene().answer().findings()).toEqual(["missing"]);
    expect(scene().tell(9, { joined: "bob" }, 2).findings()).toEqual(["ghost"]);
    expect(scene().stay("bob", 9).answer("ann", "bob").findings()).toEqual(["missing"]);
  });

  test("an observer that was given no list since it came back knows nobody", () => {
    expect(new Scene().stay("ann", 0).answer("ann").findings()).toEqual(["missing"]);
  });

  test("the newest info that was acknowledged is shown, or one of which that is not known", () => {
    expect(second().say("ann", 2).findings()).toEqual([]);
    expect(second().say("ann", 1, 2).findings()).toEqual([]);
    expect(second().say("ann", 3).findings()).toEqual(["stale info", "stale info"]);
  });
});

describe("notices", () => {
  test("each fit what was told before, and so does the number", () => {
    expect(scene().tell(1, { joined: "ann" }, 1).findings()).toEqual(["double notice"]);
    expect(scene().tell(1, { updated: "bob" }, 2).findings()).toEqual(["double notice", "ghost"]);
    expect(scene().tell(1, { updated: "ann" }, 2).findings()).toEqual(["double notice"]);
    const again = scene().stay("bob", 0, 10, { isExplicit: true }).list(5, "ann", "bob");
    expect(again.tell(11, { left: "bob" }, 1).tell(12, { left: "bob" }, 1).findings()).toEqual([
      "double notice",
    ]);
  });

  test("fit the last list, whatever was told before it", () => {
    const left = scene().stay("bob", 0, 10, { isExplicit: true }).tell(2, { joined: "bob" }, 2);
    expect(left.list(11, "ann").findings()).toEqual([]);
    expect(left.tell(12, { left: "bob" }, 1).findings()).toEqual(["double notice"]);
  });
});

describe("a leave", () => {
  test("is right after the grace, and where it was said", () => {
    const away = (ms: number) =>
      bob()
        .stay("bob", 0, 1_000)
        .stay("bob", 1_000 + ms);
    expect(toAndFro(away(6_000), 6_500).findings()).toEqual([]);
    expect(toAndFro(away(3_000), 6_500).findings()).toEqual(["false leave"]);
    const said = bob().stay("bob", 0, 1_000, { isExplicit: true }).stay("bob", 1_100);
    expect(toAndFro(said, 6_500).findings()).toEqual([]);
  });

  test("is false while another connection is open", () => {
    const two = bob().stay("bob", 0, 1_000, { isExplicit: true }).stay("bob", 500, OPEN, { gateway: 1 });
    expect(two.tell(1_100, { left: "bob" }, 1).tell(1_200, { joined: "bob" }, 2).findings()).toEqual([
      "false leave",
    ]);
  });

  test("is false though it is only a new list that lacks who was there", () => {
    const each = bob().stay("bob", 0);
    expect(each.list(20_000, "ann").list(21_000, "ann", "bob").findings()).toEqual(["false leave"]);
  });

  test("is right for the members of a gateway that was silent for longer than its lease", () => {
    const own = bob().stay("bob", 0).silent(0, 10_000, 35_000);
    expect(toAndFro(own, 30_000).findings()).toEqual([]);
    const other = bob().stay("bob", 0).silent(1, 10_000, 35_000);
    expect(toAndFro(other, 30_000).findings()).toEqual(["false leave"]);
  });

  test("is false for an absence in which Redis was away", () => {
    const each = bob().stay("bob", 0, 1_000).stay("bob", 31_500);
    const told = each.tell(31_000, { left: "bob" }, 1).tell(32_000, { joined: "bob" }, 2);
    expect(told.findings()).toEqual([]);
    expect(told.away(1_500, 31_000).findings()).toEqual(["false leave"]);
  });

  test("is told once of each that lost its gateway and did not come back", () => {
    const lost = bob().stay("bob", 0, 1_000).gone("bob", 1_000).answer("ann");
    const once = lost.tell(11_000, { left: "bob" }, 1);
    expect(once.judge()).toMatchObject({ findings: [], leftAfterMs: [10_000] });
    const again = once.tell(12_000, { joined: "bob" }, 2).tell(13_000, { left: "bob" }, 1);
    expect(again.findings()).toEqual(["left again"]);
  });
});
