import { describe, expect, test } from "vitest";
import { LIVE, Scene, STREAM } from "./evidence.ts";

const scene = () => new Scene();
const kept = () => scene().publish(4).keep(1, 2, 3, 4);
const gone = () => scene().publish(3).keep(1, 3).read("v1", STREAM, 1, "gap", 3);
const all = () => scene().publish(3).keep(1, 2, 3);
const unknown = () => scene().publish(2, "unknown").keep(1, 2);

describe("of a stream channel, the oracle", () => {
  test.each(["v1", "sdk", "events", "tail", "plain"] as const)(
    "has nothing against a %s reader that got all",
    (kind) => {
      expect(kept().read(kind, STREAM, 1, 2, 3, 4).findings(true)).toEqual([]);
    },
  );

  test.each(["v1", "plain"] as const)("finds what a %s reader lost in silence", (kind) => {
    expect(kept().read(kind, STREAM, 1, 3, 4).findings()).toEqual(["lost in silence"]);
  });

  test("finds what was lost before the first message", () => {
    expect(kept().read("v1", STREAM, 2, 3, 4).findings()).toEqual(["lost in silence"]);
  });

  test("counts what was lost and announced, and finds nothing where something may be lost", () => {
    const verdict = kept().read("v1", STREAM, 1, "gap", 3, 4).judge();
    expect(verdict).toMatchObject({ findings: [], announced: 1 });
  });

  test("finds a gap that was told where nothing can be lost, but not a reader's own return", () => {
    expect(kept().read("v1", STREAM, 1, "gap", 2, 3, 4).findings(true)).toEqual(["needless gap"]);
    expect(kept().read("plain", STREAM, 1, "return", 4).findings(true)).toEqual([]);
  });

  test("finds a complete that was none, and only right behind it", () => {
    expect(kept().read("v1", STREAM, 1, "complete", 3, 4).findings()).toEqual(["false complete"]);
    expect(kept().read("v1", STREAM, 1, "complete", 2, 4).findings()).toEqual(["lost in silence"]);
    expect(kept().read("v1", STREAM, 1, "complete", 2, 3, 4).findings()).toEqual([]);
  });

  test("holds a complete against all that a probe is given", () => {
    expect(kept().read("probe", STREAM, "complete", 1, 2, 4).findings()).toEqual(["false complete"]);
  });

  test("finds what came twice, also on either side of a gap", () => {
    expect(kept().read("v1", STREAM, 1, 2, 2, 3, 4).findings()).toEqual(["duplicated"]);
    expect(kept().read("v1", STREAM, 1, 2, "gap", 2, 3, 4).findings()).toEqual(["duplicated"]);
  });

  test("finds what came late, and that it was missing before", () => {
    expect(kept().read("v1", STREAM, 1, 3, 2, 4).findings()).toEqual(["lost in silence", "reordered"]);
  });

  test("finds what nobody published, and what was refused", () => {
    expect(scene().publish(2).keep(1, 2).read("v1", STREAM, 1, 2, 3).findings()).toEqual(["phantom"]);
    const refused = scene().publish(1, "refused").keep();
    expect(refused.read("v1", STREAM, 1).findings()).toEqual(["phantom"]);
  });

  test("finds an entry that is in no stream that loses nothing", () => {
    const forgotten = scene().publish(2, "unknown").keep(1);
    expect(forgotten.read("v1", STREAM, 1, 2).findings(true)).toEqual(["phantom"]);
  });

  test("counts what was acknowledged and is gone, and finds it where nothing may be lost", () => {
    expect(gone().judge()).toMatchObject({ findings: [], acknowledgedAndGone: 1 });
    expect(gone().findings(true)).toEqual(["needless gap", "acknowledged and gone"]);
  });

  test("wants a reader told of what was acknowledged and is gone, though nobody got it", () => {
    expect(scene().publish(3).keep(1, 3).read("v1", STREAM, 1, 3).findings()).toEqual(["lost in silence"]);
  });

  test("knows by what others got what a reader lost that the stream has lost, too", () => {
    const lost = scene().publish(3, "unknown").keep(1, 3).read("sdk", STREAM, 1, 2, "gap", 3);
    expect(lost.read("v1", STREAM, 1, 3).findings()).toEqual(["lost in silence"]);
  });

  test("knows two lives of a stream apart that have the same ids", () => {
    const reborn = scene().publish(4).keep([3, 2], [4, 3]);
    expect(reborn.read("v1", STREAM, 1, 2, "gap", [3, 2], [4, 3]).findings()).toEqual([]);
  });

  test("finds what is not at its position", () => {
    expect(kept().read("v1", STREAM, 1, [3, 2], 4).findings()).toContain("phantom");
  });

  test("finds a publication that is in the stream twice, and publications in a wrong order", () => {
    expect(scene().publish(2).keep(1, 2, 2).findings()).toEqual(["duplicated"]);
    expect(scene().publish(2).keep(2, 1).findings()).toEqual(["reordered"]);
  });
});

describe("of a live channel, the oracle", () => {
  test.each(["v1", "sdk", "events", "plain"] as const)(
    "has nothing against a %s reader that got all",
    (kind) => {
      expect(scene().publish(3).keep(1, 2, 3).read(kind, LIVE, 1, 2, 3).findings()).toEqual([]);
    },
  );

  test("finds what was lost in silence, and counts what was lost where a notice stands", () => {
    expect(all().read("v1", LIVE, 1, 3).findings()).toEqual(["lost in silence"]);
    expect(all().read("v1", LIVE, 1, "gap", 3).judge()).toMatchObject({ findings: [], announced: 1 });
  });

  test("does not take a notice elsewhere for one about what was lost", () => {
    expect(all().read("v1", LIVE, 1, 3, "gap").findings()).toEqual(["lost in silence"]);
    expect(all().read("v1", LIVE, "return", 1, 3).findings()).toEqual(["lost in silence"]);
  });

  test("excuses a plain reader by what its neighbour that speaks v1 was told, and only then", () => {
    const told = all().read("plain", LIVE, 1, 3).read("v1", LIVE, 1, "gap", 3);
    expect(told.findings()).toEqual([]);
    const given = all().read("plain", LIVE, 1, 3).read("v1", LIVE, 1, 2, 3);
    expect(given.findings()).toEqual(["lost in silence"]);
  });

  test("expects what is not known to have happened of all where one got it", () => {
    expect(unknown().read("v1", LIVE, 1).findings()).toEqual([]);
    expect(unknown().read("v1", LIVE, 1).read("sdk", LIVE, 1, 2).findings()).toEqual(["lost in silence"]);
  });

  test("finds what came twice, unless its publisher sent it again and a notice lies in between", () => {
    expect(all().read("v1", LIVE, 1, 2, 2, 3).findings()).toEqual(["duplicated"]);
    expect(all().read("v1", LIVE, 1, 2, "gap", 2, 3).findings()).toEqual(["duplicated"]);
    const repeated = scene().publish(3, "acknowledged", true).keep(1, 2, 3);
    expect(repeated.read("v1", LIVE, 1, 2, "gap", 2, 3).findings()).toEqual([]);
  });

  test("finds a wrong order of one publisher, and two readers with two orders", () => {
    expect(all().read("v1", LIVE, 1, 3, 2).findings()).toEqual(["reordered"]);
    const free = scene().publish(3, "unknown").keep(1, 2, 3);
    expect(free.read("v1", LIVE, 1, 2, 3).read("sdk", LIVE, 1, 3, 2).findings()).toEqual(["reordered"]);
  });

  test("finds what nobody published, and what was refused", () => {
    expect(all().read("v1", LIVE, 1, 2, 3, 4).findings()).toEqual(["phantom"]);
    expect(scene().publish(1, "refused").read("v1", LIVE, 1).findings()).toEqual(["phantom"]);
  });
});
