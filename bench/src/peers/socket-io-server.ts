/** The program behind the peer `socket.io`: PORT REDIS_PORT. It ends when its standard input ends. */
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { Redis } from "ioredis";
import { Server } from "socket.io";

const [port, redisPort] = process.argv.slice(2);
const publisher = new Redis({ host: "127.0.0.1", port: Number(redisPort) });
const server = createServer();
const io = new Server(server, {
  adapter: createAdapter(publisher, publisher.duplicate()),
  transports: ["websocket"],
  serveClient: false,
});
// Documented to save memory: the request of each handshake is kept otherwise.
io.engine.on("connection", (socket: { request: unknown }) => {
  socket.request = null;
});
server.listen(Number(port), "127.0.0.1");

process.stdin.resume().on("end", () => process.exit());
