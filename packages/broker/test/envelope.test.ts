import { describe, expect, test } from "vitest";
import { decodeEnvelope, encodeEnvelope } from "../src/envelope.ts";

describe("the envelope", () => {
  test("a payload without metadata travels bare", () => {
    const payload = Buffer.from("plain");
    expect(encodeEnvelope({ payload })).toBe(payload);
  });

  test.each([
    { sender: "7" },
    { format: "text" as const },
    { sender: "line\nbreak\u0002 and STX", format: "json" as const },
    { sender: "x".repeat(1_000) },
  ])("metadata %o comes back with every byte of the payload", (metadata) => {
    const payload = Buffer.from([0x02, 0x01, 0xff, 0x00, 0x7b]);
    const publication = { ...metadata, payload };
    expect(decodeEnvelope(encodeEnvelope(publication))).toEqual(publication);
  });

  test.each([
    ["the magic alone", "\u0001tw1"],
    ["no end of the header", '\u0001tw1{"sender":"7"}'],
    ["a header that is not JSON", "\u0001tw1{sender}\u0002x"],
    ["a header that is no object", '\u0001tw1["7"]\u0002x'],
    ["a header that is null", "\u0001tw1null\u0002x"],
    ["a sender that is no string", '\u0001tw1{"sender":7}\u0002x'],
    ["an unknown format", '\u0001tw1{"format":"xml"}\u0002x'],
    ["a header longer than any real one", `\u0001tw1{"sender":"${"7".repeat(5_000)}"}\u0002x`],
  ])("bytes with %s are a payload as they are, and survive being wrapped", (_name, text) => {
    const payload = Buffer.from(text);
    expect(decodeEnvelope(payload)).toEqual({ payload });
    expect(decodeEnvelope(encodeEnvelope({ payload }))).toEqual({ payload });
  });

  test("a sender's id that no reader would take is refused at once", () => {
    expect(() => encodeEnvelope({ payload: Buffer.from("x"), sender: "7".repeat(5_000) })).toThrow(
      RangeError,
    );
  });

  test("a field that a newer gateway added is passed over", () => {
    const bytes = Buffer.from('\u0001tw1{"sender":"7","colour":"green"}\u0002x');
    expect(decodeEnvelope(bytes)).toEqual({ sender: "7", payload: Buffer.from("x") });
  });
});
