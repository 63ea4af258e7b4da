/** The program behind the peer `ws`: PORT REDIS_PORT CHANNEL. It ends when its standard input ends. */
import { Redis } from "ioredis";
import { type WebSocket, WebSocketServer } from "ws";

const [port, redisPort, defaultChannel = "channel"] = process.argv.slice(2);
const clients = new Map<string, Set<WebSocket>>();
const subscriber = new Redis({ host: "127.0.0.1", port: Number(redisPort) });

subscriber.on("messageBuffer", (channel: Buffer, data: Buffer) => {
  for (const client of clients.get(channel.toString()) ?? []) client.send(data, { binary: false });
});
await subscriber.subscribe(defaultChannel);

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(port) });
server.on("connection", (client, request) => {
  const channel = new URL(request.url ?? "/", "ws://127.0.0.1").searchParams.get("channel") ?? defaultChannel;
  client.on("error", () => {});
  client.on("close", () => clients.get(channel)?.delete(client));
  const others = clients.get(channel);
  if (others) {
    others.add(client);
    return;
  }
  clients.set(channel, new Set([client]));
  void subscriber.subscribe(channel);
});

process.stdin.resume().on("end", () => process.exit());
