import { describe, expect, test } from "vitest";
import { EVENTS } from "../src/events-form.ts";
import { Hub, type WireForm } from "../src/hub.ts";
import { KeptEntry } from "../src/kept-entry.ts";
import { FakeConnection } from "./fake-connection.ts";

function encode(payload: string | Buffer, position?: string): string {
  const place = position === undefined ? undefined : { position, time: 0 };
  return EVENTS.encode("room:1", { payload: Buffer.from(payload) }, place).toString();
}

/** The form, and how often it encoded. */
function countingForm(): { readonly form: WireForm; readonly count: () => number } {
  let count = 0;
  const encodeOnce: WireForm["encode"] = (...args) => {
    count += 1;
    return EVENTS.encode(...args);
  };
  return { form: { ...EVENTS, encode: encodeOnce }, count: () => count };
}

describe("the form of events", () => {
  test.each([
    ["one line", "hello", "data: hello\n\n"],
    ["nothing", "", "data: \n\n"],
    ["a space in front", " x", "data:  x\n\n"],
    ["line feeds", "a\nb\n", "data: a\ndata: b\ndata: \n\n"],
    ["carriage returns", "a\rb", "data: a\ndata: b\n\n"],
    ["both together", "a\r\nb", "data: a\ndata: b\n\n"],
    ["both the other way round", "a\n\rb", "data: a\ndata: \ndata: b\n\n"],
    [
      "what looks like an event",
      "x\n\nevent: removed\nid: 1",
      "data: x\ndata: \ndata: event: removed\ndata: id: 1\n\n",
    ],
    ["other separators, which end no line", "a\u2028b\u0085c\v\0", "data: a\u2028b\u0085c\v\0\n\n"],
  ])("writes %s as lines of data", (_name, payload, written) => {
    expect(encode(payload)).toBe(written);
  });

  test("says the position where there is one", () => {
    expect(encode("x", "e.1-0.-")).toBe("id: e.1-0.-\ndata: x\n\n");
    expect(encode("a\nb", "e.1-0.-")).toBe("id: e.1-0.-\ndata: a\ndata: b\n\n");
  });

  test("gives bytes that are no UTF-8 as Base64", () => {
    expect(encode(Buffer.from([0xff, 0x0a]), "e.1-0.-")).toBe("id: e.1-0.-\nevent: base64\ndata: /wo=\n\n");
  });

  test("tells of a gap, and from where it goes on if that can be said", () => {
    expect(EVENTS.gap?.("room:1").toString()).toBe("event: gap\ndata: {}\n\n");
    expect(EVENTS.gap?.("kept:1", "e.1-0.-").toString()).toBe(
      'id: e.1-0.-\nevent: gap\ndata: {"position":"e.1-0.-"}\n\n',
    );
  });

  test("encodes a publication once for all who read it, and writes them one buffer", () => {
    const hub = new Hub(() => {});
    const { form, count } = countingForm();
    const readers = Array.from({ length: 100 }, () => new FakeConnection());
    for (const reader of readers) hub.add("room:1", reader, form);
    hub.deliver("room:1", { payload: Buffer.from("hello") });
    hub.flush("room:1");
    expect(count()).toBe(1);
    const [first] = readers[0]?.writes ?? [];
    for (const { writes } of readers) {
      expect(writes).toHaveLength(1);
      expect(writes[0]).toBe(first);
    }
  });

  test("encodes what is kept once, for those at the head and for those who come back", () => {
    const { form, count } = countingForm();
    const position = { epoch: "e", id: "1-0", digest: "-" };
    const entry = new KeptEntry("kept:1", { position, publication: { payload: Buffer.from("x") } });
    expect(entry.pieceIn(form)).toBe(entry.pieceIn(form));
    expect(count()).toBe(1);
  });
});
