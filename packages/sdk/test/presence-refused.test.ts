import { expect, test } from "vitest";
import { comeBack } from "./fake-world.ts";
import { beginKnowing, confirm, members, NAME, presence, ZOE } from "./presence-world.ts";

const UNKNOWN = { members: undefined, total: undefined, isCurrent: false };

test("a channel goes on where the gateway may not know any more who is there, which is told as the reason", async () => {
  const { world, socket, here, changes, channel } = await beginKnowing(ZOE);
  const heard: unknown[] = [];
  channel.subscribe((each) => heard.push(each.data));
  socket.say(
    presence(0, { code: "forbidden", message: "no" }),
    { type: "message", channel: NAME, time: 1, data: "a", position: "1" },
    members(ZOE),
  );
  expect(changes).toMatchObject([{ current: { ...UNKNOWN, reason: { code: "forbidden" } } }]);
  await expect(here.update({})).rejects.toMatchObject({ code: "forbidden" });
  expect(heard).toEqual(["a"]);
  const again = await comeBack(world);
  const [line] = await again.lines();
  expect(line).toMatchObject({ type: "subscribe", channel: NAME });
  expect(line).not.toHaveProperty("presence");
  confirm(again, line, { position: "1", complete: true });
  // It may be otherwise by now.
  here.subscribe(() => {});
  expect(here.current).toEqual(UNKNOWN);
  expect(await again.lines()).toMatchObject([{ type: "unsubscribe" }, { presence: true }]);
});
