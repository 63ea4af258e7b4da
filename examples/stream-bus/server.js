/**
 * A WebSocket server with a Redis Stream as its bus, and nothing of Tidewire in it: each server reads the stream and
 * sends the first value of every entry to all its clients; what a client sends is added to the stream.
 *
 *     node server.js --port 1240 --redis redis://127.0.0.1:6379 --stream mystream
 */
import { parseArgs } from "node:util";
import { Redis } from "ioredis";
import { WebSocketServer } from "ws";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "1240" },
    redis: { type: "string", default: process.env.REDIS_URL || "redis://127.0.0.1:6379" },
    stream: { type: "string", default: "mystream" },
  },
});
const { stream } = values;
const reader = new Redis(values.redis);
const writer = new Redis(values.redis);
const server = new WebSocketServer({ host: "127.0.0.1", port: Number(values.port) });

server.on("connection", (client) => {
  // One that breaks the protocol is closed; without a listener the error would end the server.
  client.on("error", (error) => console.error(`a client was closed: ${error.message}`));
  client.on("message", (text) => void writer.xadd(stream, "*", "message", text.toString()));
});

server.on("listening", () => console.log(`listening on port ${server.address().port}`));

// From where the stream ends now; "$" would be asked anew each time, and miss what comes in between.
const [newest] = await reader.xrevrange(stream, "+", "-", "COUNT", 1);
for (let last = newest?.[0] ?? "0-0"; ;) {
  const reply = await reader.xread("BLOCK", 0, "STREAMS", stream, last);
  for (const [, entries] of reply ?? []) {
    for (const [id, [, value]] of entries) {
      for (const client of server.clients) client.send(value);
      last = id;
    }
  }
}
