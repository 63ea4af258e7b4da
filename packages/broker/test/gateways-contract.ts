/** The part of the Broker contract that is about gateways: their leases, and questions to them. */
import { describe, expect, test } from "vitest";
import { MAX_ANSWER_BYTES, MAX_OPEN_QUESTIONS, MAX_QUESTION_BYTES } from "../src/index.ts";
import { valueOf } from "./observer.ts";
import type { Opened } from "./open-broker.ts";

/** @param open opens a broker that is alone */
export function gatewaysContract(open: () => Promise<Opened>): void {
  describe("a lease", () => {
    const lease = { gateway: "gateway-a", version: "1.2.3 (test)", ageMs: 60_000, forMs: 60_000 };

    test("is taken once and then renewed, and tells who its gateway is", async () => {
      await using opened = await open();
      const { broker } = opened;
      const taken = valueOf(await broker.renewLease(lease));
      const renewed = valueOf(await broker.renewLease({ ...lease, ageMs: 90_000 }));
      expect(taken).toMatchObject({
        isTaken: true,
        peers: [{ gateway: "gateway-a", version: "1.2.3 (test)", incarnation: taken.incarnation }],
      });
      expect(renewed).toEqual({ ...taken, isTaken: false });
    });

    test("that was lost or given up is taken anew, under a higher number", async () => {
      await using opened = await open();
      const { broker } = opened;
      const first = valueOf(await broker.renewLease(lease));
      expect(await broker.endLease()).toEqual({ ok: true, value: undefined });
      const second = valueOf(await broker.renewLease({ ...lease, forMs: 1 }));
      expect(second.isTaken).toBe(true);
      expect(second.incarnation).toBeGreaterThan(first.incarnation);
      const renewAgain = async () => {
        const { isTaken, incarnation } = valueOf(await broker.renewLease({ ...lease, forMs: 1 }));
        return { isTaken, isHigher: incarnation > second.incarnation };
      };
      await expect.poll(renewAgain).toEqual({ isTaken: true, isHigher: true });
    });

    test("of nobody can be given up, too", async () => {
      await using opened = await open();
      expect(await opened.broker.endLease()).toEqual({ ok: true, value: undefined });
    });
  });

  describe("a question", () => {
    const lease = { gateway: "gateway-a", version: "1", ageMs: 0, forMs: 60_000 };
    const question = { text: "how many?\nüber alles", waitMs: 60_000 };

    test("is answered by a gateway that holds a lease, the asker included", async () => {
      await using opened = await open();
      const { broker, observer } = opened;
      await broker.renewLease(lease);
      const answer = { gateway: "gateway-a", text: `heard: ${question.text}` };
      const all = { ok: true, value: { answers: [answer], missing: [] } };
      expect(await broker.ask(question)).toEqual(all);
      expect(await broker.ask({ ...question, gateway: "gateway-a" })).toEqual(all);
      expect(observer.questions).toEqual([question.text, question.text]);
    });

    test("comes to nobody without a lease, and to no other than the one that is meant", async () => {
      await using opened = await open();
      const { broker, observer } = opened;
      const nobody = { ok: true, value: { answers: [], missing: [] } };
      expect(await broker.ask({ ...question, text: "anybody?" })).toEqual(nobody);
      await broker.renewLease(lease);
      expect(await broker.ask({ ...question, text: "b?", gateway: "gateway-b" })).toEqual(nobody);
      await broker.ask(question);
      expect(observer.questions).toContain(question.text);
      expect(observer.questions).not.toContain("b?");
    });

    test.each([
      ["does not answer", () => undefined],
      ["has too much to say", () => "x".repeat(MAX_ANSWER_BYTES + 1)],
    ])("to one who %s names it as missing", async (_name, answer) => {
      await using opened = await open();
      const { broker, observer } = opened;
      await broker.renewLease(lease);
      observer.answer = answer;
      const outcome = await broker.ask({ ...question, waitMs: 1 });
      expect(outcome).toEqual({ ok: true, value: { answers: [], missing: ["gateway-a"] } });
    });

    test("may have an answer of the greatest length", async () => {
      await using opened = await open();
      const { broker, observer } = opened;
      await broker.renewLease(lease);
      observer.answer = () => "ü".repeat(MAX_ANSWER_BYTES / 2);
      const { answers } = valueOf(await broker.ask(question));
      expect(answers.map(({ text: answer }) => answer)).toEqual([observer.answer("")]);
    });

    test("that is too long, or one too many, is not asked", async () => {
      await using opened = await open();
      const { broker, observer } = opened;
      await broker.renewLease(lease);
      const long = { ...question, text: "ü".repeat(MAX_QUESTION_BYTES / 2 + 1) };
      expect(await broker.ask(long)).toMatchObject({ error: { code: "refused" } });
      expect(observer.questions).toEqual([]);
      const asked = Array.from({ length: MAX_OPEN_QUESTIONS + 1 }, () => broker.ask(question));
      const outcomes = await Promise.all(asked);
      expect(outcomes.at(-1)).toMatchObject({ error: { code: "unavailable" } });
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(MAX_OPEN_QUESTIONS);
      expect(await broker.ask(question)).toMatchObject({ ok: true });
    });
  });
}
