import { once } from "node:events";
import { connect } from "node:net";
import { connectPlain, startRedis } from "@tidewire/testkit";
import { expect, test } from "vitest";
import { Walkthrough } from "./walkthrough.ts";

const UPGRADE = [
  "GET / HTTP/1.1",
  "host: localhost",
  "connection: upgrade",
  "upgrade: websocket",
  "sec-websocket-version: 13",
  `sec-websocket-key: ${Buffer.alloc(16).toString("base64")}`,
];

test("a server of another kind and two gateways share a stream, as the README says", async () => {
  await using redis = await startRedis();
  await using walk = new Walkthrough("examples/stream-bus/README.md", { redis });
  const server = walk.start("node examples/stream-bus/server.js");
  const [, port = ""] = /port (\d+)/.exec(await server.line(/listening/)) ?? [];
  const left = await walk.startGateway();
  const right = await walk.startGateway();
  await using alice = await connectPlain(left.webSocketUrl);
  await using bob = await connectPlain(right.webSocketUrl);
  await using carol = await connectPlain(`ws://127.0.0.1:${port}`);
  const clients = [alice, bob, carol];
  const seen = () => Promise.all(clients.map((client) => client.next()));

  await walk.run("redis-cli XADD");
  expect(await seen()).toEqual(["1234", "1234", "1234"]);
  for (const client of clients) {
    client.send("hello");
    expect(await seen()).toEqual(["hello", "hello", "hello"]);
  }
  expect(walk.rest).toEqual([]);

  // A client that breaks the protocol ends its own connection, and nobody else's.
  const rude = connect(Number(port), "127.0.0.1").resume();
  rude.write(`${UPGRADE.join("\r\n")}\r\n\r\n`);
  await once(rude, "data");
  rude.write(Buffer.from([0xff, 0xff, 0xff]));
  await once(rude, "close");
  carol.send("still here");
  expect(await seen()).toEqual(["still here", "still here", "still here"]);
});
