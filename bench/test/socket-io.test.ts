import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Emitter } from "@socket.io/redis-emitter";
import { connectPlain, startRedis } from "@tidewire/testkit";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { emitterFrame, socketIo } from "../src/peers/socket-io.ts";

test.each([1, 31, 32, 128, 255, 256, 4_096, 70_000])(
  "the bytes around a payload of %d are those that the emitter of Socket.IO writes",
  (length) => {
    const payload = Array.from({ length }, (_, index) => String(index % 10)).join("");
    const sent: unknown[] = [];
    const redis = {
      publish: (channel: string, data: Uint8Array) => sent.push({ channel, data: Buffer.from(data) }),
    };
    new Emitter(redis).emit("message", payload);

    const { channel, before, after } = emitterFrame(length);
    // Each emitter has an id of its own at the beginning, of a fixed length.
    const data = Buffer.concat([before, Buffer.from(payload), after]);
    expect([{ channel, data }]).toEqual(sent);
  },
);

test("what is published like that arrives at a client of a real Socket.IO server", async () => {
  await using redis = await startRedis();
  await using folder = await mkdtempDisposable(join(tmpdir(), "tidewire-bench-test-"));
  const context = { redisPort: redis.port, folder: folder.path, payloadBytes: 64, hasManyChannels: false };
  const target = await socketIo.start(context);
  await using server = target.child;
  expect(server.failure).toBeUndefined();
  const port = target.options[target.options.indexOf("--port") + 1];
  await using client = await connectPlain(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
  client.send("40");
  await client.inbox.find((text) => text.toString().startsWith("40"));

  const { channel, before, after } = emitterFrame(64);
  const payload = "@@1,2;".padEnd(64, "x");
  const publisher = new Redis(redis.port, "127.0.0.1");
  // Until the adapter has subscribed nobody gets it.
  const message = Buffer.concat([before, Buffer.from(payload), after]);
  await expect.poll(() => publisher.publish(channel, message)).toBeGreaterThan(0);
  publisher.disconnect();

  expect(await client.inbox.find((text) => text.toString().startsWith("42"))).toBe(
    `42["message","${payload}"]`,
  );
});
