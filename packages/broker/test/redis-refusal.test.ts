import { startRedis } from "@tidewire/testkit";
import { describe, expect, test } from "vitest";
import { text } from "./observer.ts";
import { openBroker, openRawClient, openReadyBroker } from "./open-broker.ts";

describe("a Redis that says no", () => {
  test("a wanted password is named as the reason, and no secret with it", async () => {
    await using server = await startRedis({ args: ["--requirepass", "right"] });
    for (const [url, reason] of [
      [server.url, "it wants a password"],
      [server.url.replace("//", "//:wrong@"), "it refused the user name or password"],
    ] as const) {
      await using opened = openBroker(url);
      // On a busy machine the first reason may be that it took too long to connect.
      const link = await opened.observer.links.find(
        (seen) => seen.state === "down" && !seen.reason.includes("no answer"),
      );
      expect(link).toEqual({ state: "down", reason: `${server.url}: ${reason}` });
    }
    await using accepted = await openReadyBroker(server.url.replace("//", "//:right@"));
    expect(accepted.broker.description).toBe(server.url);
  });

  test("HELLO, as before version 6, is used all the same", async () => {
    await using server = await startRedis({ args: ["--rename-command", "HELLO", ""] });
    await using opened = await openReadyBroker(server.url);
    await opened.broker.subscribe("news");
    await opened.broker.publish("news", text("heard"));
    expect(await opened.observer.text()).toBe("heard");
  });

  test("a replica counts as down, since what is published there reaches nobody else", async () => {
    await using primary = await startRedis();
    await using replica = await startRedis({ args: ["--replicaof", `127.0.0.1 ${primary.port}`] });
    await using opened = openBroker(replica.url);
    const link = await opened.observer.links.find(
      (seen) => seen.state === "down" && seen.reason.includes("replica"),
    );
    expect(link).toMatchObject({ reason: expect.stringContaining("name the primary") });
    expect(await opened.broker.publish("news", text("astray"))).toMatchObject({
      error: { code: "unavailable" },
    });
  });

  test("a channel that the user may not subscribe is refused, and the others of the batch are not", async () => {
    await using server = await startRedis();
    await using admin = openRawClient(server.url);
    await admin.call("ACL", "SETUSER", "gate", "on", ">pass", "+@all", "resetchannels", "&open:*");
    await using opened = await openReadyBroker(server.url.replace("//", "//gate:pass@"));
    const { broker, observer } = opened;
    const [good, bad] = await Promise.all([broker.subscribe("open:1"), broker.subscribe("closed:1")]);
    expect(good).toEqual({ ok: true, value: undefined });
    expect(bad).toMatchObject({ error: { code: "refused" } });
    expect(await broker.publish("closed:1", text("no"))).toMatchObject({ error: { code: "refused" } });
    await broker.publish("open:1", text("yes"));
    expect(await observer.text()).toBe("yes");
  });

  test("a channel that is refused after a lost link is reported, and the others go on", async () => {
    await using server = await startRedis();
    await using admin = openRawClient(server.url);
    await admin.call("ACL", "SETUSER", "gate", "on", ">pass", "+@all", "resetchannels", "&*");
    await using opened = await openReadyBroker(server.url.replace("//", "//gate:pass@"));
    const { broker, observer } = opened;
    await Promise.all([broker.subscribe("open:1"), broker.subscribe("closed:1")]);
    // Redis itself cuts the connections of a user who loses a channel.
    await admin.call("ACL", "SETUSER", "gate", "resetchannels", "&open:*");
    expect(await observer.refusals.next()).toMatchObject({ channel: "closed:1", error: { code: "refused" } });
    await observer.untilLink(broker, "up");
    await broker.publish("open:1", text("yes"));
    expect(await observer.text()).toBe("yes");
  });
});
