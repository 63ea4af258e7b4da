import { startRedis } from "@tidewire/testkit";
import { expect, test } from "vitest";
import { Walkthrough } from "./walkthrough.ts";

interface Connections {
  readonly connections: readonly { readonly connection: string }[];
  readonly missing: readonly string[];
}

test("all gateways know who is where; who was on one that is killed is gone, and misses nothing when back", async () => {
  await using redis = await startRedis();
  await using walk = new Walkthrough("examples/high-availability/README.md", { redis });
  await walk.startGateway();
  const second = await walk.startGateway();
  const third = await walk.startGateway();
  const ada = walk.start("pnpm --filter high-availability-example watch");
  const [, adaId = ""] = /Ada \((.+)\)$/.exec(await ada.line(/^here: Ada/)) ?? [];
  const bob = walk.start("pnpm --filter high-availability-example watch");
  const [, bobId = ""] = /^joined: Bob \((.+)\)$/.exec(await ada.line(/^joined: Bob/)) ?? [];

  const { gateways } = JSON.parse(await walk.run("curl")) as { gateways: readonly { id: string }[] };
  expect(gateways).toHaveLength(3);
  const askThird = async () => (await (await fetch(`${third.url}api/v1/connections`)).json()) as Connections;
  let before = JSON.parse(await walk.run("curl")) as Connections;
  // A gateway that took too long for its answer is asked again.
  while (before.missing.length > 0) before = await askThird();
  expect(before.connections.map(({ connection }) => connection).toSorted()).toEqual(
    [adaId, bobId].toSorted(),
  );
  expect(JSON.parse(await walk.run("curl"))).toMatchObject({
    members: expect.arrayContaining([
      { connection: adaId, info: { name: "Ada" } },
      { connection: bobId, info: { name: "Bob" } },
    ]),
    total: 2,
    complete: true,
  });

  second.program.kill("SIGKILL");
  await second.program.result;
  await bob.line(/^-- waiting$/);
  await ada.line(new RegExp(`^left: Bob \\(${bobId}\\)$`));
  await expect.poll(askThird).toMatchObject({ connections: [{ connection: adaId }], missing: [] });

  await walk.run("pnpm --filter publisher");
  await ada.line(/^message: said while Bob was away$/);
  await walk.startGateway();
  await bob.line(/^message: said while Bob was away$/);
  await ada.line(new RegExp(`^joined: Bob \\((?!${bobId})`));
  expect(walk.rest).toEqual([]);
});
