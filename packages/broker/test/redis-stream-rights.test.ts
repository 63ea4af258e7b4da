import { expect, test } from "vitest";
import { documentedRights, openAs } from "./documented-rights.ts";
import { text, valueOf } from "./observer.ts";
import { BRIEF, headOf, MANY, NOT_TAILED, untilSwept } from "./stream-helpers.ts";

test("a user with the documented rights can do all that there is to do with streams", async () => {
  const rights = documentedRights("For streams");
  expect(rights).toContain("+xadd");
  await using opened = await openAs([...rights, "~s"]);
  const { broker, observer, raw } = opened;
  const { streams } = broker;
  const once = { key: "k", by: "client", windowMs: 60_000 } as const;
  valueOf(await streams.follow("s", { isTailed: true }));
  const retention = { maxLength: 10, maxAgeMs: 60_000 };
  valueOf(await streams.append("s", text("a"), { once, retention }));
  expect(valueOf(await streams.append("s", text("a"), { once }))).toMatchObject({ isDuplicate: true });
  expect(await observer.told()).toEqual(["a"]);
  await raw.xadd("s", "*", "a", "b");
  expect(await observer.told()).toEqual(["b"]);
  const position = await headOf(streams, "s");
  for (const kind of ["after", "before"] as const) {
    expect(await streams.read("s", { ...MANY, stretch: { kind, position } })).toMatchObject({ ok: true });
  }
  valueOf(await streams.trim("s", retention));
  // The key can be given up again when an append fails.
  await raw.xadd("s", "18446744073709551615-18446744073709551615", "a", "the last there can be");
  const failed = await streams.append("s", text("c"), { once: { ...once, key: "other" } });
  expect(failed).toMatchObject({ error: { code: "unavailable" } });
});

test("a user with the documented rights can sweep, also where one stream is not for it", async () => {
  await using opened = await openAs([...documentedRights("For streams"), "~s"]);
  const { broker, raw } = opened;
  const { streams } = broker;
  const position = valueOf(await streams.follow("s", { ...NOT_TAILED, retention: BRIEF }));
  await raw.zadd("tidewire:kept", 0, "s", 0, "forbidden");
  valueOf(await streams.sweep(() => BRIEF));
  expect(await headOf(streams, "s")).toEqual(position);
  streams.unfollow("s");
  await untilSwept(streams, "s", () => BRIEF);
  expect(await raw.keys("*")).toEqual(["tidewire:kept"]);
  expect(await raw.zrange("tidewire:kept", "0", "-1")).toEqual(["forbidden"]);
});

test("a user without the rights to sweep appends and follows all the same, and all streams stay", async () => {
  const rights = documentedRights("For streams").filter((each) => !/:(kept|sweeping)$/.test(each));
  await using opened = await openAs([...rights, "~s"]);
  const { broker, observer, raw } = opened;
  const { streams } = broker;
  valueOf(await streams.follow("s", { ...NOT_TAILED, retention: BRIEF }));
  valueOf(await streams.append("s", text("a"), { retention: BRIEF }));
  expect(await observer.told()).toEqual(["a"]);
  expect(await streams.sweep(() => BRIEF)).toMatchObject({ error: { code: "refused" } });
  expect(await raw.exists("s")).toBe(1);
});

test.each([
  ["the rights for streams", []],
  ["the rights for what the scripts do", ["+eval", "~*"]],
])("a user without %s is refused, and all else goes on", async (_name, rights) => {
  await using opened = await openAs(rights);
  const { broker, observer } = opened;
  expect(await broker.streams.append("s", text("a"))).toMatchObject({ error: { code: "refused" } });
  expect(await broker.streams.follow("s", NOT_TAILED)).toMatchObject({ error: { code: "refused" } });
  await broker.subscribe("live");
  await broker.publish("live", text("heard"));
  expect(await observer.text()).toBe("heard");
});
