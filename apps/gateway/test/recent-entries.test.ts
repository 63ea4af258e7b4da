import { describe, expect, test } from "vitest";
import { KeptEntry } from "../src/kept-entry.ts";
import { RecentEntries } from "../src/recent-entries.ts";

function at(id: string, digest = "00000000") {
  return { epoch: "epoch", id, digest };
}

function entry(id: string): KeptEntry {
  return new KeptEntry("kept", { position: at(id), publication: { payload: Buffer.from(id) } });
}

describe("the newest entries", () => {
  test("begin behind a position of which nobody knows any more what was there", () => {
    const recent = new RecentEntries(at("5-0", "-"), 10);
    recent.add(entry("6-0"));
    expect(recent.after(at("5-0", "12345678"))).toHaveLength(1);
    expect(recent.after(at("5-1", "-"))).toBeUndefined();
  });

  test("that are too old are given up", () => {
    const recent = new RecentEntries(at("1-0"), 10);
    for (const id of ["1000-0", "2000-0", "3000-0"]) recent.add(entry(id));
    recent.dropBefore(2_500);
    expect(recent.last(10, 1_000)).toMatchObject({ entries: [{ position: { id: "3000-0" } }], isAll: false });
    expect(recent.after(at("2000-0"))).toHaveLength(1);
  });

  test("are as many as fit, but for one that is larger", () => {
    const recent = new RecentEntries(at("1-0"), 10);
    for (const id of ["1000-0", "2000-0", "3000-0"]) recent.add(entry(id));
    expect(recent.last(10, 13)).toMatchObject({ entries: [{}, {}], isAll: true });
    expect(recent.last(10, 1).entries).toHaveLength(1);
  });
});
