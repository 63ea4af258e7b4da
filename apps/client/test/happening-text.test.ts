/** What the panel “What is happening” says. */

import { execFileSync } from "node:child_process";
import { TidewireError } from "@tidewire/sdk";
import { expect, test } from "vitest";
import { prettyLine } from "../src/happening/pretty-line.ts";
import { rateText } from "../src/happening/rate-text.ts";
import { stateWords } from "../src/happening/state-words.ts";
import { plainCommands, v1Commands } from "../src/happening/what-to-type.ts";
import { readLine } from "../src/happening/wire-line.ts";

const place = { protocol: "https:", host: "tide.test" };
const targetOf = (channel: string) => ({
  place,
  channel,
  defaultChannel: "channel",
  isKept: false,
  isTalk: false,
  isSignedIn: false,
});

test("a short line has room between its parts, and every digit and space of its values", () => {
  expect(prettyLine('{"type":"x","data":{"n":1.500e3,"t":"a:{, \\"b","l":[1,2],"e":{}}}')).toBe(
    '{ "type": "x", "data": { "n": 1.500e3, "t": "a:{, \\"b", "l": [1, 2], "e": {} } }',
  );
});

test.each(["", "hello: world", `{"t":"${"x".repeat(300)}"}`])(
  "what is no short line stays as it is: %s",
  (line) => {
    expect(prettyLine(line)).toBe(line);
  },
);

test("the rate is told of both directions together", () => {
  expect(rateText({ received: [3, 0, 1], sent: [1, 2, 0] })).toBe(
    "1 message a second now, at most 4 in the last minute",
  );
});

test("the state is told with what comes next, and why", () => {
  const reason = new TidewireError("connection_lost", "restarting", { retry: true });
  expect(stateWords({ kind: "waiting", retryInMs: 4_000, reason }, 3_200).text).toBe(
    "Next try within 4 s: restarting",
  );
  expect(stateWords({ kind: "waiting", retryInMs: 4_000, reason }, -10).text).toContain("within 1 s");
  expect(stateWords({ kind: "stopped", reason }, 0)).toEqual({ tone: "bad", text: "Stopped: restarting" });
});

test.each([
  ['{"id":7,"type":"pong"}', "pong", 7],
  ['{"type":"published","id":1.0,"duplicate":false}', "published", 1],
  ['{"type":"pong","id":9007199254740991}', "pong", Number.MAX_SAFE_INTEGER],
  ['{"type":"message","channel":"a","data":{"id":4}}', "message", undefined],
  ["no JSON", undefined, undefined],
  ["null", undefined, undefined],
])("type and id are found wherever they stand: %s", (line, type, id) => {
  expect(readLine(line)).toEqual({ type, id, text: line });
});

test("a token is hidden wherever it stands, and a field of that name in a message is not", () => {
  expect(readLine('{"token":"a.b.c","id":1,"type":"refresh"}').text).toBe(
    '{"token":"•••","id":1,"type":"refresh"}',
  );
  const published = '{"type":"publish","id":1,"channel":"a","data":{"token":"shown"}}';
  expect(readLine(published).text).toBe(published);
});

test("what to type names the channel in messages of v1, and in the address of plain", () => {
  const v1 = v1Commands(targetOf("room:1"), false).map(({ code }) => code);
  expect(v1[0]).toContain('new WebSocket("wss://tide.test", "tidewire.v1")');
  expect(v1[0]).toContain('{ type: "subscribe", id: 2, channel: "room:1" }');
  expect(v1[1]).toBe("wscat -c wss://tide.test -s tidewire.v1");
  const plain = plainCommands(targetOf("room:1"), false).map(({ code }) => code);
  expect(plain[0]).toContain('new WebSocket("wss://tide.test/?channel=room%3A1")');
  expect(plain[1]).toBe("wscat -c 'wss://tide.test/?channel=room%3A1'");
});

test("where one signs in, what to type has a place for the token", () => {
  const v1 = v1Commands(targetOf("channel"), true);
  expect(v1[0]?.code).toContain('const token = "YOUR TOKEN";');
  expect(v1[0]?.code).toContain('say({ type: "connect", id: 1, token });');
  const plain = plainCommands(targetOf("channel"), true);
  expect(plain[0]?.code).toContain('["tidewire.plain", "tidewire.token." + token]');
});

test("a shell reads the address as one argument, whatever the channel is called", () => {
  const [, wscat] = plainCommands(targetOf("a'b$(id)"), false);
  const read = execFileSync("/bin/sh", ["-c", `${wscat?.code.replace("wscat -c", "printf %s")}`]);
  expect(read.toString()).toBe("wss://tide.test/?channel=a'b%24(id)");
});
