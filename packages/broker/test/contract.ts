/** The Broker contract as tests: whatever stands behind it must pass them all. */
import { describe, expect, test, vi } from "vitest";
import type { Broker, BrokerHandlers } from "../src/index.ts";
import { gatewaysContract } from "./gateways-contract.ts";
import { Observer, text } from "./observer.ts";

export type CreateBroker = (handlers: BrokerHandlers) => Broker;

export function brokerContract(createBroker: CreateBroker): void {
  async function open() {
    const observer = new Observer();
    const broker = createBroker(observer);
    await observer.untilLink(broker, "up");
    return { broker, observer, [Symbol.asyncDispose]: () => broker.close() };
  }

  test("what is published on a subscribed channel comes back, byte for byte", async () => {
    await using opened = await open();
    const { broker, observer } = opened;
    const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    await broker.subscribe("news");
    for (const payload of [everyByte, Buffer.alloc(0), Buffer.from("grüße 🌊")]) {
      await broker.publish("news", { payload });
      expect(await observer.deliveries.next()).toEqual({ channel: "news", publication: { payload } });
    }
  });

  test("publications of one caller arrive in the order in which they were made", async () => {
    await using opened = await open();
    const { broker, observer } = opened;
    await broker.subscribe("news");
    const sent = Array.from({ length: 1_000 }, (_, index) => String(index));
    await Promise.all(sent.map((payload) => broker.publish("news", text(payload))));
    const arrived = await observer.deliveries.take(sent.length);
    expect(arrived.map(({ publication }) => publication.payload.toString())).toEqual(sent);
  });

  test("a publication is never delivered from inside publish", async () => {
    await using opened = await open();
    const { broker, observer } = opened;
    await broker.subscribe("news");
    let isPublishing = false;
    const onDelivery = vi.spyOn(observer.deliveries, "push");
    const seen = new Promise<boolean>((resolve) =>
      onDelivery.mockImplementation(() => resolve(isPublishing)),
    );
    isPublishing = true;
    const published = broker.publish("news", text("now"));
    isPublishing = false;
    await published;
    expect(await seen).toBe(false);
  });

  test("nothing arrives from a channel that is not subscribed", async () => {
    await using opened = await open();
    const { broker, observer } = opened;
    await broker.subscribe("news");
    await broker.publish("other", text("unwanted"));
    await broker.publish("news", text("sentinel"));
    expect(await observer.text()).toBe("sentinel");
  });

  test("nothing arrives after unsubscribe", async () => {
    await using opened = await open();
    const { broker, observer } = opened;
    await broker.subscribe("news");
    await broker.subscribe("other");
    broker.unsubscribe("news");
    await broker.publish("news", text("unwanted"));
    await broker.publish("other", text("sentinel"));
    expect(await observer.text()).toBe("sentinel");
  });

  test("subscribing twice delivers once", async () => {
    await using opened = await open();
    const { broker, observer } = opened;
    await Promise.all([broker.subscribe("news"), broker.subscribe("news")]);
    await broker.subscribe("news");
    await broker.publish("news", text("first"));
    await broker.publish("news", text("second"));
    expect([await observer.text(), await observer.text()]).toEqual(["first", "second"]);
  });

  test("a channel given up and wanted again at once delivers what is published once it has settled", async () => {
    await using opened = await open();
    const { broker, observer } = opened;
    for (let round = 0; round < 50; round += 1) {
      await broker.subscribe("news");
      broker.unsubscribe("news");
      expect((await broker.subscribe("news")).ok).toBe(true);
      expect(await broker.publish("news", text(`round ${round}`))).toEqual({ ok: true, value: 1 });
      expect(await observer.text()).toBe(`round ${round}`);
      broker.unsubscribe("news");
    }
  });

  test("thousands of channels can be subscribed at once, and each delivers", async () => {
    await using opened = await open();
    const { broker, observer } = opened;
    const channels = Array.from({ length: 2_500 }, (_, index) => `room:${index}`);
    const results = await Promise.all(channels.map((channel) => broker.subscribe(channel)));
    expect(results.every(({ ok }) => ok)).toBe(true);
    await Promise.all(channels.map((channel) => broker.publish(channel, text(channel))));
    const arrived = await observer.deliveries.take(channels.length);
    expect(arrived.every(({ channel, publication }) => publication.payload.toString() === channel)).toBe(
      true,
    );
    expect(new Set(arrived.map(({ channel }) => channel)).size).toBe(channels.length);
  });

  test("publish tells how many receivers there were", async () => {
    await using opened = await open();
    const { broker } = opened;
    expect(await broker.publish("news", text("nobody"))).toEqual({ ok: true, value: 0 });
    await broker.subscribe("news");
    expect(await broker.publish("news", text("one"))).toEqual({ ok: true, value: 1 });
  });

  describe("a publication with a key", () => {
    const once = { key: "order-1", by: "client", windowMs: 60_000 } as const;

    test("goes out once, and every repetition is told that it is one", async () => {
      await using opened = await open();
      const { broker, observer } = opened;
      await broker.subscribe("news");
      const outcomes = await Promise.all(
        ["first", "again", "and again"].map((data) => broker.publishOnce("news", text(data), once)),
      );
      expect(outcomes).toEqual([
        { ok: true, value: { receivers: 1, isDuplicate: false } },
        { ok: true, value: { receivers: 0, isDuplicate: true } },
        { ok: true, value: { receivers: 0, isDuplicate: true } },
      ]);
      await broker.publish("news", text("sentinel"));
      expect([await observer.text(), await observer.text()]).toEqual(["first", "sentinel"]);
    });

    test("is another one under another key, on another channel, by another sender, or by a server", async () => {
      await using opened = await open();
      const { broker } = opened;
      const publications = [
        broker.publishOnce("news", text("a"), once),
        broker.publishOnce("news", text("b"), { ...once, key: "order-2" }),
        broker.publishOnce("other", text("c"), once),
        broker.publishOnce("news", { ...text("d"), sender: "7" }, once),
        broker.publishOnce("news", { ...text("e"), sender: "8" }, once),
        broker.publishOnce("news", text("f"), { ...once, by: "server" }),
      ];
      for (const outcome of await Promise.all(publications)) {
        expect(outcome).toMatchObject({ ok: true, value: { isDuplicate: false } });
      }
    });

    test("may go out again when the window is over", async () => {
      await using opened = await open();
      const { broker } = opened;
      const short = { key: "soon", by: "client", windowMs: 1 } as const;
      await broker.publishOnce("news", text("first"), short);
      const publishAgain = () => broker.publishOnce("news", text("second"), short);
      await expect.poll(publishAgain).toMatchObject({ value: { isDuplicate: false } });
    });

    test("keeps its place among the publications of one caller", async () => {
      await using opened = await open();
      const { broker, observer } = opened;
      await broker.subscribe("news");
      const sent = Array.from({ length: 100 }, (_, index) => String(index));
      await Promise.all(
        sent.map((data, index) =>
          index % 2 === 0
            ? broker.publish("news", text(data))
            : broker.publishOnce("news", text(data), { key: `turn ${data}`, by: "client", windowMs: 60_000 }),
        ),
      );
      const arrived = await observer.deliveries.take(sent.length);
      expect(arrived.map(({ publication }) => publication.payload.toString())).toEqual(sent);
    });
  });

  test("a notice is given to the one who posted it, too", async () => {
    await using opened = await open();
    const { broker, observer } = opened;
    expect(await broker.post({ text: "revoked: grüße", forMs: 60_000 })).toEqual({
      ok: true,
      value: undefined,
    });
    expect(await observer.notices.next()).toBe("revoked: grüße");
  });

  test("sender, format and origin arrive with the payload", async () => {
    await using opened = await open();
    const { broker, observer } = opened;
    await broker.subscribe("news");
    const publication = {
      payload: Buffer.from("{}"),
      sender: "användare\u0002\u0001",
      format: "json",
      origin: "connection",
    } as const;
    await broker.publish("news", publication);
    expect(await observer.deliveries.next()).toEqual({ channel: "news", publication });
  });

  test("a payload that imitates the envelope arrives as it is, without a sender", async () => {
    await using opened = await open();
    const { broker, observer } = opened;
    await broker.subscribe("news");
    const payload = Buffer.from('\u0001tw1{"sender":"root"}\u0002forged');
    await broker.publish("news", { payload });
    expect(await observer.deliveries.next()).toEqual({ channel: "news", publication: { payload } });
  });

  gatewaysContract(open);

  describe("a tick", () => {
    // So long that no tick is over before it was asked for.
    const everyMs = 3_600_000;
    const tickOf = (timer: string, dueMs: number) => {
      return { timer, channel: "news", publication: text(String(dueMs)), dueMs, everyMs };
    };

    async function openWithTime() {
      const opened = await open();
      await opened.broker.subscribe("news");
      // One that can't be due tells the broker's time.
      const asked = await opened.broker.tick(tickOf("clock", Number.MAX_SAFE_INTEGER));
      if (!asked.ok) throw new Error(asked.error.message);
      return { ...opened, nowMs: asked.value.nowMs };
    }

    test("that is due is published once, however often it is asked for", async () => {
      await using opened = await openWithTime();
      const { broker, observer, nowMs } = opened;
      const results = await Promise.all([1, 2, 3].map(() => broker.tick(tickOf("once", nowMs))));
      expect(results.map((result) => result.ok && result.value.isPublished)).toEqual([true, false, false]);
      await broker.publish("news", text("sentinel"));
      expect([await observer.text(), await observer.text()]).toEqual([String(nowMs), "sentinel"]);
    });

    test("that is not due yet, or over, is not published", async () => {
      await using opened = await openWithTime();
      const { broker, observer, nowMs } = opened;
      for (const dueMs of [nowMs + 2 * everyMs, nowMs - 2 * everyMs]) {
        expect(await broker.tick(tickOf("untimely", dueMs))).toMatchObject({ value: { isPublished: false } });
      }
      await broker.publish("news", text("sentinel"));
      expect(await observer.text()).toBe("sentinel");
    });

    test("of one timer does not stand in the way of another's", async () => {
      await using opened = await openWithTime();
      const { broker, nowMs } = opened;
      for (const timer of ["one", "another"]) {
        expect(await broker.tick(tickOf(timer, nowMs))).toMatchObject({ value: { isPublished: true } });
      }
    });
  });

  test("a closed broker answers with closed", async () => {
    await using opened = await open();
    const { broker } = opened;
    await broker.close();
    expect(await broker.publish("news", text("late"))).toMatchObject({ error: { code: "closed" } });
    expect(await broker.subscribe("news")).toMatchObject({ error: { code: "closed" } });
    const lease = { gateway: "gateway-a", version: "1", ageMs: 0, forMs: 60_000 };
    expect(await broker.renewLease(lease)).toMatchObject({ error: { code: "closed" } });
    expect(await broker.endLease()).toMatchObject({ error: { code: "closed" } });
    expect(await broker.ask({ text: "?", waitMs: 1 })).toMatchObject({ error: { code: "closed" } });
  });
}
