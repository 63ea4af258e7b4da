/** The Presence contract as tests, of a broker that is alone. */
import { expect, test } from "vitest";
import { judgeNotice, MAX_INFO_BYTES, MAX_MEMBER_BYTES } from "../src/index.ts";
import { valueOf } from "./observer.ts";
import type { Opened } from "./open-broker.ts";
import { idsOn, renew, someone, told, toldUntilSentinel } from "./presence-helpers.ts";

const DONE = { ok: true, value: undefined };

export function presenceContract(open: () => Promise<Opened>): void {
  async function openWatching() {
    const opened = await open();
    await renew(opened, "a");
    const { presence } = opened.broker;
    valueOf(await presence.watch("room"));
    return { ...opened, presence };
  }

  test("a member joins, changes and leaves, and each is told once", async () => {
    await using opened = await openWatching();
    const { presence } = opened;
    expect(await presence.enter("room", someone("ann", '{"mood":"good"}'))).toEqual(DONE);
    expect(await presence.enter("room", someone("ann", '{"mood":"good"}'))).toEqual(DONE);
    expect(valueOf(await presence.members("room", { limit: 10 }))).toMatchObject({
      members: [{ id: "ann", info: '{"mood":"good"}' }],
      total: 1,
      hasMore: false,
    });
    await presence.enter("room", someone("ann", '{"mood":"bad"}'));
    const page = valueOf(await presence.members("room", { limit: 10 }));
    expect(page.members).toEqual([{ id: "ann", info: '{"mood":"bad"}' }]);
    expect(await presence.leave("room", "ann")).toEqual(DONE);
    expect(await presence.leave("room", "ann")).toEqual(DONE);
    expect(await presence.count("room")).toEqual({ ok: true, value: 0 });
    expect(await toldUntilSentinel(opened, "room")).toEqual(["+ann", "~ann", "-ann"]);
  });

  test("a member that comes and goes at once is told of by nobody", async () => {
    await using opened = await openWatching();
    const { presence } = opened;
    const entered = presence.enter("room", someone("ann"));
    const left = presence.leave("room", "ann");
    expect(await entered).toMatchObject({ error: { code: "closed" } });
    expect(await left).toEqual(DONE);
    valueOf(await presence.enter("room", someone("bob")));
    const outcomes = [presence.leave("room", "bob"), presence.enter("room", someone("bob"))];
    expect(await outcomes[0]).toMatchObject({ error: { code: "closed" } });
    expect(await outcomes[1]).toEqual(DONE);
    expect(await toldUntilSentinel(opened, "room")).toEqual(["+bob"]);
  });

  test("of what gathers, the last word counts", async () => {
    await using opened = await openWatching();
    const { presence } = opened;
    const infos = Array.from({ length: 20 }, (_, index) => String(index));
    const outcomes = await Promise.all(infos.map((info) => presence.enter("room", someone("ann", info))));
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    const { members } = valueOf(await presence.members("room", { limit: 10 }));
    expect(members).toEqual([{ id: "ann", info: "19" }]);
    expect(await toldUntilSentinel(opened, "room")).toEqual(["+ann"]);
  });

  test("thousands enter and leave at once, over several channels", async () => {
    await using opened = await openWatching();
    const { presence } = opened;
    const ids = Array.from({ length: 2_500 }, (_, index) => `member-${index}`);
    const channels = ["room", "other"];
    const all = channels.flatMap((channel) => ids.map((id) => ({ channel, id })));
    await Promise.all(all.map(({ channel, id }) => presence.enter(channel, someone(id))));
    expect(await presence.count("other")).toEqual({ ok: true, value: ids.length });
    expect(await told(opened, ids.length)).toEqual(ids.map((id) => `+${id}`));
    await Promise.all(all.map(({ channel, id }) => presence.leave(channel, id)));
    expect(await told(opened, ids.length)).toEqual(ids.map((id) => `-${id}`));
    expect(await presence.count("other")).toEqual({ ok: true, value: 0 });
  });

  test("pages go by the bytes of ids, and lead through all of them", async () => {
    await using opened = await openWatching();
    const { presence } = opened;
    // In UTF-16 the last two would be the other way round.
    const ids = ["A", "Z", "a", "ab", "b", "ü", "\uFFFD", "🌊"];
    await Promise.all(ids.toReversed().map((id) => presence.enter("room", someone(id, `"${id}"`))));
    expect(await idsOn(opened, "room", 3)).toEqual(ids);
    const page = valueOf(await presence.members("room", { after: "aa", limit: 1 }));
    expect(page).toMatchObject({ members: [{ id: "ab", info: '"ab"' }], total: ids.length, hasMore: true });
    expect(valueOf(await presence.members("room", { after: "🌊", limit: 5 }))).toMatchObject({
      members: [],
      hasMore: false,
    });
    expect(valueOf(await presence.members("room", { limit: 0 }))).toMatchObject({
      members: [],
      total: ids.length,
      hasMore: true,
    });
  });

  test("ids, infos and channels with odd characters are never taken for each other", async () => {
    await using opened = await openWatching();
    const { presence } = opened;
    const ids = [
      "1 x",
      "x",
      " ",
      "\n",
      "a\nb",
      "a b",
      "-",
      "+",
      "(a",
      "[a",
      "null",
      "0",
      '"',
      "\u0000",
      "1.e",
    ];
    const channels = ["room", "1", "1 1", "a", "a:info", "members:a", "state", "quiet", "terms"];
    const all = channels.flatMap((channel) => ids.map((id) => ({ channel, id })));
    await Promise.all(
      all.map(({ channel, id }) => presence.enter(channel, someone(id, JSON.stringify([channel, id])))),
    );
    const sorted = ids.toSorted((a, b) => Buffer.from(a).compare(Buffer.from(b)));
    for (const channel of channels) {
      const { members } = valueOf(await presence.members(channel, { limit: 100 }));
      expect(members).toEqual(sorted.map((id) => ({ id, info: JSON.stringify([channel, id]) })));
      expect(await idsOn(opened, channel, 1)).toEqual(sorted);
    }
    expect(await told(opened, ids.length)).toEqual(ids.map((id) => `+${id}`));
    await Promise.all(ids.map((id) => presence.leave("1", id)));
    expect(await idsOn(opened, "1 1")).toEqual(sorted);
    expect(await idsOn(opened, "room")).toEqual(sorted);
    expect(await idsOn(opened, "1")).toEqual([]);
  });

  test("ids and infos have a length, and are texts", async () => {
    await using opened = await openWatching();
    const { presence } = opened;
    const [id, info] = ["ü".repeat(MAX_MEMBER_BYTES / 2), "ü".repeat(MAX_INFO_BYTES / 2)];
    expect(await presence.enter("room", { id, info })).toEqual(DONE);
    const wrong = [
      { id: `${id}a`, info },
      { id, info: `${info}a` },
      { id: "", info },
      { id: "\uD83C", info },
      { id, info: "\uDF0A" },
    ];
    for (const member of wrong) {
      expect(await presence.enter("room", member)).toMatchObject({ error: { code: "refused" } });
    }
    expect(await idsOn(opened, "room")).toEqual([id]);
  });

  test("nothing is told of a channel that is not, or no longer, watched", async () => {
    await using opened = await openWatching();
    const { presence } = opened;
    valueOf(await presence.watch("other"));
    presence.unwatch("other");
    await presence.enter("other", someone("ann"));
    await presence.enter("never", someone("ann"));
    expect(await toldUntilSentinel(opened, "room")).toEqual([]);
  });

  test("who asks while notices come knows which are newer, and that none was missed", async () => {
    await using opened = await openWatching();
    const { presence, observer } = opened;
    const empty = valueOf(await presence.members("room", { limit: 10 }));
    await presence.enter("elsewhere", someone("bob"));
    await presence.enter("room", someone("ann"));
    const one = valueOf(await presence.members("room", { limit: 10 }));
    await presence.enter("elsewhere", someone("cid"));
    await presence.leave("room", "ann");
    const judged = (await observer.presenceEvents.take(2)).map((event) =>
      event.kind === "notice"
        ? [empty, one].map(({ version }) => judgeNotice(event.notice, version))
        : event.kind,
    );
    expect(judged).toEqual([
      ["next", "old"],
      ["missed", "next"],
    ]);
  });

  test("who enters before the gateway has a lease waits for it", async () => {
    await using opened = await open();
    const { presence } = opened.broker;
    const entered = presence.enter("room", someone("ann"));
    expect(await idsOn(opened, "room")).toEqual([]);
    await renew(opened, "a");
    expect(await entered).toEqual(DONE);
    expect(await idsOn(opened, "room")).toEqual(["ann"]);
  });

  test("a lease that was lost is told of, and with the next one all is as it was", async () => {
    await using opened = await openWatching();
    const { presence, observer } = opened;
    valueOf(await presence.enter("room", someone("ann")));
    await renew(opened, "a", 1);
    const lost = observer.lostLeases.next().then(() => "lost");
    const entered: Promise<unknown>[] = [];
    do {
      entered.push(presence.enter("room", someone(`late ${entered.length}`)));
    } while ((await Promise.race([entered.at(-1), lost])) !== "lost");
    await renew(opened, "a");
    await Promise.all(entered);
    const ids = ["ann", ...entered.map((_, index) => `late ${index}`)];
    expect(await toldUntilSentinel(opened, "room")).toEqual(ids.map((id) => `+${id}`));
    expect(new Set(await idsOn(opened, "room"))).toEqual(new Set(ids));
  });

  test("who waits when the broker is closed is told so", async () => {
    await using opened = await open();
    const { presence } = opened.broker;
    const waiting = [presence.enter("room", someone("ann")), presence.leave("room", "ann")];
    await opened.broker.close();
    for (const each of [...waiting, presence.enter("room", someone("bob")), presence.watch("room")]) {
      expect(await each).toMatchObject({ error: { code: "closed" } });
    }
    expect(await presence.leave("room", "ann")).toMatchObject({ error: { code: "closed" } });
    expect(await presence.members("room", { limit: 1 })).toMatchObject({ error: { code: "closed" } });
    expect(await presence.count("room")).toMatchObject({ error: { code: "closed" } });
  });
}
