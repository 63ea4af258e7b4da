/** Tabs and their worker in one process, on real ports and locks; the gateway and the clocks are in the test's hands. */
import type { Environment } from "../src/environment.ts";
import type { ConnectOptions } from "../src/options.ts";
import { OwnLink } from "../src/own-link.ts";
import { type ShareOptions, shareTabs } from "../src/shared/share-tabs.ts";
import { Switchboard } from "../src/shared/switchboard.ts";
import { Tidewire } from "../src/tidewire.ts";
import { CONNECTED, type FakeSocket, FakeWorld, type Line, settle } from "./fake-world.ts";

/** Resolves when it is so. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await settle();
}

/** The next line of that type that comes there; the others stay. */
export async function lineOf(socket: FakeSocket, type: string): Promise<Line> {
  for (;;) {
    const lines = await socket.lines();
    const line = lines.find((each) => each.type === type);
    const others = lines.filter((each) => each !== line);
    socket.frames.unshift(...others.map((other) => JSON.stringify(other)));
    if (line) return line;
  }
}

/** Of a world, with keys that nobody else has. */
export function environmentOf(world: FakeWorld): Environment {
  return {
    openSocket: (url, subprotocol) => world.openSocket(url, subprotocol),
    after: (delayMs, callback) => world.after(delayMs, callback),
    nowMs: () => world.nowMs(),
    random: () => world.random(),
    newKey: () => crypto.randomUUID(),
    onWake: (listener) => world.onWake(listener),
  };
}

/** A worker. `end()` ends it as a browser does: nothing of it is heard any more, and its lock is free. */
export function startWorker() {
  const world = new FakeWorld();
  const ending = new AbortController();
  const ports: MessagePort[] = [];
  const { locks } = navigator;
  const board = new Switchboard(environmentOf(world), {
    request: (name: string, ...rest: unknown[]) => {
      const callback = rest.at(-1) as () => unknown;
      const ended = new Promise((resolve) => ending.signal.addEventListener("abort", resolve));
      const held = () => Promise.race([callback(), ended]);
      return rest.length === 1 ? locks.request(name, held) : locks.request(name, rest[0] as object, held);
    },
  } as LockManager);
  return {
    world,
    /** Another port to it, as `new SharedWorker` gives one. */
    connect(): MessagePort {
      const { port1, port2 } = new MessageChannel();
      ports.push(port2);
      board.admit(port2);
      return port1;
    },
    end() {
      ending.abort();
      for (const port of ports) port.close();
    },
  };
}

export type Worker = ReturnType<typeof startWorker>;

/** A client in a tab. */
export function openTab(worker: () => Worker, share: ShareOptions = {}, options: ConnectOptions = {}) {
  const world = new FakeWorld();
  const start = () => ({ port: worker().connect(), addEventListener: () => {} });
  const environment = shareTabs(start, share)(environmentOf(world));
  return { world, client: new Tidewire(new OwnLink("ws://gateway.test/", options, environment)) };
}

/** Lets the worker's newest connection be answered. */
export async function welcome({ world }: Worker, fields: object = {}): Promise<FakeSocket> {
  await until(() => world.sockets.length > 0);
  const { socket } = world;
  socket.open();
  const { id } = await lineOf(socket, "connect");
  socket.say({ ...CONNECTED, ...fields, id });
  return socket;
}

/** Answers the next subscription there. */
export async function confirm(socket: FakeSocket, fields: object = {}): Promise<Line> {
  const line = await lineOf(socket, "subscribe");
  const { id, channel } = line;
  socket.say({ type: "subscribed", id, channel, resumable: true, position: "start", ...fields });
  return line;
}
