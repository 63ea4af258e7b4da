import { fileURLToPath } from "node:url";
import { type ProgramResult, run } from "@tidewire/testkit";
import { jwtVerify } from "jose";
import { describe, expect, test } from "vitest";

/** As `pnpm --filter publisher exec token` finds it. */
const BIN = fileURLToPath(new URL("../node_modules/.bin/token", import.meta.url));
const SECRET = "a secret that is long enough for this";

function token(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<ProgramResult> {
  return run(BIN, args, { env: { PATH: process.env["PATH"], ...env } });
}

describe("token", () => {
  test("prints a token alone, signed with the secret, with all that was asked for", async () => {
    const options = ["--id", "t-1", "--audience", "chat", "--issuer", "me", "--expires", "90s"];
    const grants = ["--subscribe", "team:*", "--subscribe", "news", "--publish", "team:1"];
    const { exit, stdout, stderr } = await token(["--sub", "7", ...options, ...grants], {
      JWT_SECRET: SECRET,
    });
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n?$/);
    const { payload } = await jwtVerify(stdout.trim(), new TextEncoder().encode(SECRET), {
      algorithms: ["HS256"],
    });
    const { iat = 0, exp = 0, ...claims } = payload;
    expect(exp - iat).toBe(90);
    expect(claims).toEqual({
      sub: "7",
      jti: "t-1",
      aud: "chat",
      iss: "me",
      subscribe: ["team:*", "news"],
      publish: ["team:1"],
    });
  });

  test.each([
    ["no user", ["--secret", SECRET], /--sub/],
    ["no secret", ["--sub", "7"], /JWT_SECRET/],
    ["no time", ["--sub", "7", "--secret", SECRET, "--expires", "soon"], /--expires/],
    ["what is no pattern", ["--sub", "7", "--secret", SECRET, "--publish", "a*b"], /pattern/],
    ["an unknown option", ["--sub", "7", "--secret", SECRET, "--colour", "green"], /--colour/],
  ])("ends with 2 for %s, and says why", async (_name, args, words) => {
    const { exit, stdout, stderr } = await token(args);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: "" });
    expect(stderr).toMatch(words);
  });

  test("explains itself", async () => {
    const { exit, stdout } = await token(["--help"]);
    expect(exit).toBe(0);
    expect(stdout).toContain("--sub");
  });
});
