import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { IDENTITY } from "./signed-in.ts";
import { startTestGateway } from "./test-gateway.ts";
import { makeKey } from "./tokens.ts";

test("keys that can't be had are logged once, however many sign in, and once more when they are there", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "tidewire-keys-"));
  const path = join(folder.path, "jwks.json");
  const { jwk, sign } = await makeKey("first");
  const lines: string[] = [];
  await using gateway = await startTestGateway({
    config: { identity: { ...IDENTITY, keys: { kind: "file", path }, algorithms: ["ES256"] } },
    onLog: (line) => lines.push(line),
  });
  const query = `?channel=room:1&token=${await sign()}`;
  const logged = () => lines.filter((line) => line.includes("keys that check tokens"));
  for (let attempt = 0; attempt < 3; attempt += 1) {
    expect(await gateway.refused(query)).toMatchObject({ status: 503 });
  }
  expect(logged()).toEqual([expect.stringContaining("ENOENT")]);
  // What the file holds, perhaps by mistake, stays out of the log.
  await writeFile(path, "-----BEGIN PRIVATE KEY-----");
  expect(await gateway.refused(query)).toMatchObject({ status: 503 });
  await writeFile(path, JSON.stringify({ keys: [jwk] }));
  await using client = await gateway.connect(query);
  expect(client.socket.readyState).toBe(WebSocket.OPEN);
  expect(logged()).toHaveLength(2);
  expect(lines.join()).not.toContain("PRIVATE");
});
