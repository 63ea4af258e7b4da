import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Config, type Environment, readConfig } from "../src/config.ts";
import { SECRET } from "./tokens.ts";

function read(argv: readonly string[], env: Environment = {}): Config {
  const result = readConfig(argv, env);
  if (result.kind !== "config") throw new Error(JSON.stringify(result));
  return result.config;
}

function faultsOf(argv: readonly string[], env: Environment = {}): readonly string[] {
  const result = readConfig(argv, env);
  return result.kind === "faults" ? result.faults : [];
}

async function writeConfig(content: string) {
  const folder = await mkdtempDisposable(join(tmpdir(), "tidewire-config-"));
  await writeFile(join(folder.path, "tidewire.json"), content);
  return Object.assign(folder, { file: join(folder.path, "tidewire.json") });
}

describe("the configuration", () => {
  test("needs nothing", () => {
    expect(read([])).toMatchObject({
      host: "127.0.0.1",
      port: 1234,
      redis: undefined,
      redisPrefix: "",
      channel: "channel",
      textPrefix: "",
      allowedOrigins: [],
      apiKeys: [],
      isInsecure: false,
      limits: { maxMessageBytes: 65_536 },
    });
  });

  test("a flag beats the environment, which beats the file", async () => {
    await using folder = await writeConfig('{"port": 1, "host": "127.0.0.3", "channel": "from-file"}');
    const env = { PORT: "2", HOST: "127.0.0.2" };
    expect(read(["--config", folder.file, "--port", "3"], env)).toMatchObject({
      port: 3,
      host: "127.0.0.2",
      channel: "from-file",
    });
  });

  test("empty means unset", async () => {
    await using folder = await writeConfig('{"port": 1, "redis": "redis://from-file"}');
    const env = { PORT: "", REDIS_URL: "", API_KEY: "", ALLOWED_ORIGINS: "" };
    expect(read(["--config", folder.file, "--channel", ""], env)).toMatchObject({
      port: 1,
      channel: "channel",
      apiKeys: [],
      redis: { host: "from-file" },
    });
  });

  test("a relative file is looked for where the operator stands", async () => {
    await using folder = await writeConfig('{"port": 7}');
    expect(read(["--config", "tidewire.json"], { INIT_CWD: folder.path }).port).toBe(7);
  });

  test("every setting of the environment arrives", () => {
    const env = {
      REDIS_HOST: "r.example",
      REDIS_PORT: "7000",
      REDIS_PREFIX: "shop:",
      API_KEY: "k",
      ALLOWED_ORIGINS: "https://a.example, https://b.example:8443",
    };
    expect(read(["--text-prefix", "RECEIVED: ", "--insecure"], env)).toMatchObject({
      redis: { host: "r.example", port: 7000 },
      redisPrefix: "shop:",
      apiKeys: [{ name: "API_KEY", key: "k", scopes: ["publish", "read", "admin"] }],
      allowedOrigins: ["https://a.example", "https://b.example:8443"],
      textPrefix: "RECEIVED: ",
      isInsecure: true,
    });
  });

  test("a lease that would be over before it is renewed is a fault", async () => {
    await using folder = await writeConfig('{"limits": {"leaseMs": 5000}}');
    expect(faultsOf(["--config", folder.file])).toEqual([
      `${folder.file}: limits.leaseRenewMs must be less than leaseMs`,
    ]);
  });

  test("limits that are not set keep their defaults", async () => {
    await using folder = await writeConfig('{"limits": {"maxMessageBytes": 10}}');
    expect(read(["--config", folder.file]).limits).toMatchObject({ maxMessageBytes: 10, lingerMs: 1_000 });
  });

  test("all faults are reported at once, each with where it stands", async () => {
    await using folder = await writeConfig('{"prot": 1, "limits": {"maxMessageBytes": -1}}');
    const argv = [
      "--prot",
      "--port",
      "x",
      "--redis",
      "http://r",
      "--channel",
      "a b",
      "--config",
      folder.file,
      "stray",
    ];
    const faults = faultsOf(argv, {
      ALLOWED_ORIGINS: "app.example",
      HOST: "0.0.0.0",
      JWT_SECRET: "s",
      JWKS_URL: "k",
    });
    for (const words of [
      "--prot",
      "--port must",
      "--redis must",
      "--channel:",
      'unexpected argument "stray"',
      `${folder.file}: has no key "prot" (did you mean "port"?)`,
      `${folder.file}: limits.maxMessageBytes must be at least 1`,
      'ALLOWED_ORIGINS: "app.example"',
      "HOST 0.0.0.0",
      "give one of them, not both",
    ]) {
      expect(faults).toContainEqual(expect.stringContaining(words));
    }
    expect(faults).toHaveLength(10);
  });

  test.each(["0.0.0.0", "::", "10.0.0.1", "push.example"])("binding %s needs --insecure", (host) => {
    expect(faultsOf(["--host", host])).toEqual([expect.stringContaining("--insecure")]);
    expect(read(["--host", host, "--insecure"]).host).toBe(host);
  });

  test.each(["{", "[]", "null"])("a file that holds %s is one fault", async (content) => {
    await using folder = await writeConfig(content);
    expect(faultsOf(["--config", folder.file])).toEqual([expect.stringContaining(folder.file)]);
  });

  test("a file that is not there is a fault", () => {
    expect(faultsOf(["--config", "/nowhere/tidewire.json"])).toEqual([expect.stringContaining("ENOENT")]);
  });

  test("a broken file is not quoted: it may hold a key", async () => {
    await using folder = await writeConfig('{"apiKey": "canary" "port": 1}');
    expect(faultsOf(["--config", folder.file])).toEqual([`${folder.file}: is not JSON (line 1 column 21)`]);
  });

  test.each(["größe:", "two words:"])("the prefix %j can't be one", (prefix) => {
    expect(faultsOf([], { REDIS_PREFIX: prefix })).toEqual([
      expect.stringContaining("REDIS_PREFIX must be ASCII"),
    ]);
  });

  test("timers and trusted proxies arrive from the file", async () => {
    await using folder = await writeConfig(
      '{"apiKey": "k", "trustProxy": ["127.0.0.1", "10.0.0.0/8"], "timers": [{"channel": "c", "every": "10s", "data": "x"}]}',
    );
    expect(read(["--config", folder.file])).toMatchObject({
      trustProxy: ["127.0.0.1", "10.0.0.0/8"],
      timers: [{ channel: "c", everyMs: 10_000, data: "x" }],
    });
  });

  test("a trusted proxy needs an API key, wherever both are named", () => {
    expect(faultsOf([], { TRUST_PROXY: "127.0.0.1" })).toEqual([expect.stringContaining("needs API_KEY")]);
    expect(read([], { TRUST_PROXY: "127.0.0.1", API_KEY: "k" }).trustProxy).toEqual(["127.0.0.1"]);
    expect(faultsOf([], { TRUST_PROXY: "proxy.example", API_KEY: "k" })).toHaveLength(1);
  });

  test.each([
    ['{"channel": "c", "every": "soon", "data": ""}', "every must"],
    ['{"channel": "c", "every": "10", "data": ""}', "every must"],
    ['{"channel": "c", "every": "1ms", "data": ""}', "every must"],
    ['{"channel": "c", "every": "100.25ms", "data": ""}', "every must"],
    ['{"channel": "c", "every": "30d", "data": ""}', "every must"],
    ['{"channel": "a b", "every": "1s", "data": ""}', "white space"],
    ['{"channel": "c", "every": "1s"}', "data"],
    [
      '{"channel": "c", "every": "1s", "data": "x"}, {"channel": "c", "every": "1000ms", "data": "x"}',
      "twice",
    ],
  ])("the timer %s is a fault", async (timer, words) => {
    await using folder = await writeConfig(`{"timers": [${timer}]}`);
    expect(faultsOf(["--config", folder.file])).toEqual([expect.stringContaining(words)]);
  });

  test("a password in a faulty URL is not repeated", () => {
    expect(JSON.stringify(faultsOf(["--redis", "redis://:hunter2@h/x"]))).not.toContain("hunter2");
  });

  test("help and version are answered", () => {
    expect(readConfig(["--help"], {})).toMatchObject({
      kind: "text",
      text: expect.stringContaining("--redis"),
    });
    expect(readConfig(["--version"], {})).toMatchObject({ kind: "text", text: expect.stringMatching(/^\d/) });
  });

  test("gives channels their rules by pattern, with defaults", async () => {
    await using folder = await writeConfig(
      '{"channels": {"news": {"publish": "nobody"}, "room:*": {"publishRate": {"perSecond": 5, "burst": 20}}}}',
    );
    expect(read(["--config", folder.file]).channels).toEqual({
      news: { subscribe: "anyone", publish: "nobody", echo: true, presence: false },
      "room:*": {
        subscribe: "anyone",
        publish: "anyone",
        echo: true,
        presence: false,
        publishRate: { perSecond: 5, burst: 20 },
      },
    });
  });

  test("gives a chat its rules where no others are configured, and of people who sign in only the named may talk", () => {
    const chat = { subscribe: "anyone", publish: "anyone", presence: true, history: { size: 1_000 } };
    expect(read([]).channels).toMatchObject({
      "chat:*": chat,
      "dm:*": chat,
      "inbox:*": { publish: "anyone" },
    });
    expect(read([], { JWT_SECRET: SECRET }).channels).toMatchObject({
      "chat:*": chat,
      "dm:*": { subscribe: "named", publish: "named" },
      "inbox:*": { subscribe: "named", publish: "anyone" },
    });
  });

  test("has no rules where the file says so", async () => {
    await using folder = await writeConfig('{"channels": {}}');
    expect(read(["--config", folder.file]).channels).toEqual({});
  });

  test("takes users as named only where they sign in, and behind a beginning", async () => {
    await using folder = await writeConfig('{"channels": {"dm": {"publish": "named"}}}');
    expect(faultsOf(["--config", folder.file])).toEqual([
      expect.stringContaining('channels: "dm": nobody is "named" where nobody signs in'),
      expect.stringContaining('channels: "dm": users are "named" after a pattern that ends in *'),
    ]);
  });

  test("names every fault of a rule, and the key that was meant", async () => {
    await using folder = await writeConfig(
      '{"channels": {"a": {"publsh": "nobody"}, "b": {"subscribe": "users"}, "c": {"publishRate": {"perSecond": 0, "bust": 1}}}}',
    );
    expect(faultsOf(["--config", folder.file])).toEqual([
      `${folder.file}: channels.a has no key "publsh" (did you mean "publish"?)`,
      `${folder.file}: channels.b.subscribe must be "anyone" or "named" or "nobody"`,
      `${folder.file}: channels.c.publishRate.perSecond must be more than 0`,
      `${folder.file}: channels.c.publishRate.burst must be of the type number`,
      `${folder.file}: channels.c.publishRate has no key "bust" (did you mean "burst"?)`,
    ]);
  });

  test.each(["room:*:x", "*room", "room 1*", "tidewire:*", ""])("takes no pattern %j", async (pattern) => {
    await using folder = await writeConfig(JSON.stringify({ channels: { [pattern]: {} } }));
    expect(faultsOf(["--config", folder.file])).toEqual([
      expect.stringContaining(`channels: "${pattern}": `),
    ]);
  });
});

describe("hooks", () => {
  const AUTHORIZE = '"authorize": "https://app.example/hooks?v=1"';

  test("are read from the file, and the secret from the environment before it", async () => {
    expect(read([]).hooks).toBeUndefined();
    await using folder = await writeConfig(
      `{"hooks": {${AUTHORIZE}, "secret": "from-file"}, "channels": {"team:*": {"authorize": ["publish"]}}}`,
    );
    const argv = ["--config", folder.file];
    expect(read(argv).hooks).toEqual({
      connect: undefined,
      authorize: "https://app.example/hooks?v=1",
      secret: "from-file",
      timeoutMs: 2_000,
    });
    expect(read(argv, { HOOK_SECRET: "from-env" }).hooks).toMatchObject({ secret: "from-env" });
    expect(faultsOf(argv, { HOOK_SECRET: "a b" })).toEqual(["HOOK_SECRET must be ASCII without white space"]);
  });

  test.each([
    ['{"hooks": {"conect": "http://a"}}', 'hooks has no key "conect" (did you mean "connect"?)'],
    ['{"hooks": {"connect": "ftp://a"}}', "hooks.connect must be an http or https URL"],
    ['{"hooks": {"connect": "a"}}', "hooks.connect must be an http or https URL"],
    ['{"hooks": {"connect": "http://user:pw@a"}}', "without a user or a password"],
    ['{"hooks": {"timeoutMs": 5}}', "hooks needs a URL: connect or authorize"],
    [`{"hooks": {${AUTHORIZE}, "timeoutMs": 0}}`, "hooks.timeoutMs must be at least 1"],
    [`{"hooks": {${AUTHORIZE}, "secret": "a b"}}`, "hooks.secret must be ASCII without white space"],
    ['{"channels": {"a": {"authorize": true}}}', 'channels: "a": authorize needs a URL, hooks.authorize'],
    ['{"channels": {"a": {"authorize": false}}}', 'must be true, or a list of "subscribe" and "publish"'],
    ['{"channels": {"a": {"authorize": ["read"]}}}', 'must be true, or a list of "subscribe" and "publish"'],
  ])("%s is a fault", async (content, fault) => {
    await using folder = await writeConfig(content);
    expect(faultsOf(["--config", folder.file]).join("\n")).toContain(fault);
  });
});
