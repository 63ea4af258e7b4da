/** A TCP port on which nobody listens, and that nobody else is given meanwhile. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

export interface HeldPort extends AsyncDisposable {
  /** On 127.0.0.1; whoever connects is refused. */
  readonly port: number;
}

/** Until it is disposed of, the port is that of a connection's own end: it is taken, and not listened on. */
export async function holdPort(): Promise<HeldPort> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const holder = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  const [[accepted]] = await Promise.all([once(server, "connection"), once(holder, "connect")]);
  const { localPort: port } = holder;
  if (port === undefined) throw new Error("the connection has no port");
  return {
    port,
    async [Symbol.asyncDispose]() {
      holder.destroy();
      accepted.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
