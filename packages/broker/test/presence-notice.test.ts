import { describe, expect, test } from "vitest";
import { judgeNotice } from "../src/index.ts";
import { parseNotice } from "../src/presence-notice.ts";

describe("what is told of a step", () => {
  test("is read as it was written", () => {
    const changes = [
      ["joined", "ann", '{"mood":"good"}'],
      ["updated", "\n", "null"],
      ["left", '"'],
    ];
    expect(parseNotice(Buffer.from(JSON.stringify(["e", "7", "9", changes])))).toEqual({
      version: { epoch: "e", number: 9 },
      previous: 7,
      changes: [
        { kind: "joined", member: { id: "ann", info: '{"mood":"good"}' } },
        { kind: "updated", member: { id: "\n", info: "null" } },
        { kind: "left", id: '"' },
      ],
    });
  });

  test.each([
    "",
    "null",
    "{}",
    "[]",
    '["e","1","2"]',
    '["e",1,2,[]]',
    '["e","1","-2",[]]',
    '["e","1","9999999999999999",[]]',
    '["e","1","2",[["joined","ann"]]]',
    '["e","1","2",[["gone","ann","null"]]]',
    '["e","1","2",[["left"]]]',
    '["e","1","2",[null]]',
    '[null,"1","2",[]]',
  ])("is nothing else: %s", (text) => {
    expect(parseNotice(Buffer.from(text))).toBeUndefined();
  });
});

test.each([
  ["old", "e", 9],
  ["old", "e", 10],
  ["next", "e", 8],
  ["next", "e", 7],
  ["missed", "e", 6],
  ["missed", "another", 8],
  ["missed", "another", 9],
])("a notice from 7 to 9 is %s to one who knows %s up to %d", (judged, epoch, number) => {
  const notice = { version: { epoch: "e", number: 9 }, previous: 7, changes: [] };
  expect(judgeNotice(notice, { epoch, number })).toBe(judged);
});
