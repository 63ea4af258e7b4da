import { describe, expect, test } from "vitest";
import { describeRedis, parseRedisUrl, redisFromEnvironment } from "../src/index.ts";

describe("a Redis URL", () => {
  test.each([
    ["redis://localhost", { host: "localhost", port: 6379, tls: false, db: 0 }],
    ["rediss://r.example:6380/2", { host: "r.example", port: 6380, tls: true, db: 2 }],
    ["redis://:p%40ss@h", { host: "h", port: 6379, tls: false, db: 0, password: "p@ss" }],
    [
      "redis://user:pw@[::1]:1",
      { host: "::1", port: 1, tls: false, db: 0, username: "user", password: "pw" },
    ],
  ])("%s is understood", (url, target) => {
    expect(parseRedisUrl(url)).toEqual({ ok: true, target });
  });

  test.each([
    "",
    "localhost:6379",
    "http://h",
    "redis://",
    "redis://h/x",
    "redis://h?db=1",
    "redis://:%zz@h",
  ])("%j is refused with a sentence", (url) => {
    expect(parseRedisUrl(url)).toEqual({ ok: false, fault: expect.any(String) });
  });

  test("its description holds neither user name nor password", () => {
    const result = parseRedisUrl("rediss://user:secret@[::1]:7000/3");
    expect(result.ok && describeRedis(result.target)).toBe("rediss://[::1]:7000/3");
  });
});

describe("the environment", () => {
  test("empty variables name no Redis", () => {
    expect(redisFromEnvironment({ REDIS_URL: "", REDIS_HOST: "", REDIS_PASSWORD: "" })).toEqual({
      faults: [],
    });
  });

  test("parts fill in what is not said", () => {
    const { target } = redisFromEnvironment({ REDIS_HOST: "r", REDIS_USERNAME: "u", REDIS_PASSWORD: "p" });
    expect(target).toEqual({ host: "r", port: 6379, tls: false, db: 0, username: "u", password: "p" });
  });

  test("a URL goes before parts", () => {
    const { target } = redisFromEnvironment({ REDIS_URL: "redis://a:1", REDIS_HOST: "b" });
    expect(target).toMatchObject({ host: "a", port: 1 });
  });

  test.each([{ REDIS_PORT: "none" }, { REDIS_PORT: "0" }, { REDIS_PORT: "65536" }, { REDIS_URL: "redis" }])(
    "%o is a fault that names its variable",
    (env) => {
      const { target, faults } = redisFromEnvironment(env);
      expect(target).toBeUndefined();
      expect(faults).toEqual([expect.stringContaining(Object.keys(env)[0] as string)]);
    },
  );
});
