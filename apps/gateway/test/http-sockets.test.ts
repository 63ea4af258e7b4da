import { Socket } from "node:net";
import { expect, test } from "vitest";
import { HttpSockets } from "../src/http-sockets.ts";

test("a socket that is released is as it came, since a gateway holds many WebSockets for long", () => {
  const socket = new Socket();
  const before = socket.listenerCount("close");
  const sockets = new HttpSockets();
  sockets.add(socket);
  sockets.release(socket);
  expect(socket.listenerCount("close")).toBe(before);
  sockets.end();
  expect(socket.destroyed).toBe(false);
});
