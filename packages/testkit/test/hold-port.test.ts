import { once } from "node:events";
import { connect, createServer } from "node:net";
import { expect, test } from "vitest";
import { holdPort } from "../src/index.ts";

test("a held port refuses connections, and is given to nobody else before it is let go", async () => {
  const held = await holdPort();
  await expect(once(connect(held.port, "127.0.0.1"), "connect")).rejects.toMatchObject({
    code: "ECONNREFUSED",
  });
  await expect(once(createServer().listen(held.port, "127.0.0.1"), "listening")).rejects.toMatchObject({
    code: "EADDRINUSE",
  });
  await held[Symbol.asyncDispose]();
});
