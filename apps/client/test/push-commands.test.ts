/** The commands to copy do what they say, whatever the channel is called. */

import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { consoleCommand, pushCommands, shellArgument } from "../src/outside/push-commands.ts";

const place = { protocol: "http:", host: "127.0.0.1:1234" };
const targetOf = (channel: string) => ({
  place,
  channel,
  defaultChannel: "channel",
  isKept: false,
  isTalk: false,
  isSignedIn: false,
});
const codesOf = (channel: string) => pushCommands(targetOf(channel)).map(({ code }) => code);

test("on the default channel they are as plain as can be", () => {
  expect(codesOf("channel")).toEqual([
    'const ws = new WebSocket("ws://127.0.0.1:1234");\nws.onmessage = (e) => console.log(e.data);\nws.onopen = () => ws.send("hello");',
    `curl -H 'content-type: application/json' -d '{"channel":"channel","message":"data"}' http://127.0.0.1:1234/message`,
    'pnpm --filter publisher exec publish channel "data"',
    'redis-cli PUBLISH channel "data"',
  ]);
});

test("another channel is named in each of them", () => {
  expect(consoleCommand(targetOf("a'b"))).toContain(`"ws://127.0.0.1:1234/?channel=a'b"`);
  expect(codesOf("room:42").at(-1)).toBe('redis-cli PUBLISH room:42 "data"');
});

test("where one has signed in, the console has a place for the token", () => {
  const [plain, other] = ["channel", "room:42"].map((channel) =>
    consoleCommand({ ...targetOf(channel), isSignedIn: true }),
  );
  expect(plain).toContain('"ws://127.0.0.1:1234/?token=YOUR-TOKEN"');
  expect(other).toContain('"ws://127.0.0.1:1234/?channel=room%3A42&token=YOUR-TOKEN"');
});

test("where people talk they say who speaks, and what is kept goes into the stream", () => {
  const target = { ...targetOf("chat:lobby"), isKept: true, isTalk: true };
  expect(pushCommands(target).map(({ code }) => code)).toEqual([
    'const ws = new WebSocket("ws://127.0.0.1:1234/?channel=chat%3Alobby");\nws.onmessage = (e) => console.log(e.data);\nws.onopen = () => ws.send(JSON.stringify({"text":"hello","name":"console","id":"console"}));',
    `curl -H 'content-type: application/json' -d '{"channel":"chat:lobby","message":{"text":"data","name":"curl","id":"curl"}}' http://127.0.0.1:1234/message`,
    `pnpm --filter publisher exec publish --stream chat:lobby '{"text":"data","name":"publisher","id":"publisher"}'`,
    `redis-cli XADD chat:lobby '*' text "data" name redis id redis`,
  ]);
});

test("a user's own channel is reached as the user's, and not from a browser", () => {
  const [ofSeven, ofDash] = ["7", "-x"].map((ownUser) =>
    pushCommands({ ...targetOf(`user:${ownUser}`), ownUser }).map(({ code }) => code),
  );
  expect(ofSeven).toEqual([
    `curl -H 'content-type: application/json' -d '{"userId":"7","message":"data"}' http://127.0.0.1:1234/message`,
    'pnpm --filter publisher exec publish --user 7 "only for you"',
    'redis-cli PUBLISH user:7 "data"',
  ]);
  expect(ofDash).toContain(`pnpm --filter publisher exec publish --user='-x' "only for you"`);
});

test("a name that looks like an option is kept from being one", () => {
  expect(codesOf("-x")).toContain(`pnpm --filter publisher exec publish -- '-x' "data"`);
});

test.each(["a'b", "$HOME", "$(id)", "~", "=x", "!!", "a;b", "(x)", "it's '' all", "[::1]:80"])(
  "a shell reads %s as one argument, unchanged",
  (text) => {
    const read = execFileSync("/bin/sh", ["-c", `printf %s ${shellArgument(text)}`]);
    expect(read.toString()).toBe(text);
  },
);
