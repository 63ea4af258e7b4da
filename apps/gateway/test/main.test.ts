import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  connectPlain,
  freePort,
  runGateway,
  startRedis,
  untilListening,
  untilReady,
} from "@tidewire/testkit";
import { describe, expect, test } from "vitest";

describe("the gateway as a program", () => {
  test("says where it listens and which broker it uses, works, and leaves with 0 on SIGTERM", async () => {
    await using redis = await startRedis();
    await using program = runGateway(["--port", "0", "--redis", redis.url]);
    const { url, broker } = await untilListening(program);
    expect(broker).toBe(redis.url);
    await program.line(/link is up/);
    await using client = await connectPlain(url.replace("http", "ws"));
    client.send("hello");
    expect(await client.next()).toBe("hello");
    program.kill("SIGTERM");
    expect(await client.closed).toMatchObject({ code: 4000 });
    expect((await program.result).exit).toBe(0);
  });

  test("ends when it is told to, though a client has left before it was answered", async () => {
    await using redis = await startRedis();
    await using folder = await mkdtempDisposable(join(tmpdir(), "tidewire-main-"));
    const config = join(folder.path, "config.json");
    await writeFile(config, JSON.stringify({ limits: { answerTimeoutMs: 600_000 } }));
    await using program = runGateway([
      "--port",
      "0",
      "--redis",
      redis.url,
      "--stream",
      "room:1",
      "--config",
      config,
    ]);
    const { url } = await untilListening(program);
    await untilReady(url);
    const history = "api/v1/history?channel=room:1";
    redis.program.kill("SIGSTOP");
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write(`GET /${history} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    expect((await fetch(`${url}healthz`)).status).toBe(200);
    socket.destroy();
    expect((await fetch(`${url}healthz`)).status).toBe(200);
    redis.program.kill("SIGCONT");
    // Answered behind it; how, is of no importance: Redis may have been away for too long.
    await (await fetch(url + history)).text();
    program.kill("SIGTERM");
    expect((await program.result).exit).toBe(0);
  });

  test("waits for a named Redis that is down, says so, and is not ready until it is there", async () => {
    const port = await freePort();
    await using program = runGateway(["--port", "0"], { REDIS_URL: `redis://127.0.0.1:${port}` });
    const { url, broker } = await untilListening(program);
    expect(broker).toContain("nothing listens there");
    expect((await fetch(`${url}readyz`)).status).toBe(503);
    await using redis = await startRedis({ port });
    await untilReady(url);
    expect(redis.port).toBe(port);
  });

  test("ends with 2 and all faults when the configuration is wrong", async () => {
    await using program = runGateway(["--prot", "1", "--port", "x"]);
    const { exit, stderr, stdout } = await program.result;
    expect(exit).toBe(2);
    expect(stderr).toContain("--prot");
    expect(stderr).toContain("--port");
    expect(stdout).toBe("");
  });

  test("ends with 2 when Redis refuses the password, without repeating it", async () => {
    await using redis = await startRedis({ args: ["--requirepass", "right"] });
    await using program = runGateway(["--port", "0", "--redis", redis.url.replace("//", "//:wrong-canary@")]);
    const { exit, stderr } = await program.result;
    expect(exit).toBe(2);
    expect(stderr).toContain("refused the user name or password");
    expect(stderr).not.toContain("wrong-canary");
  });

  test("ends with 2 when its port is in use", async () => {
    await using redis = await startRedis();
    await using program = runGateway(["--port", String(redis.port), "--redis", redis.url]);
    const { exit, stderr } = await program.result;
    expect(exit).toBe(2);
    expect(stderr).toContain(`127.0.0.1:${redis.port} is in use`);
  });
});
