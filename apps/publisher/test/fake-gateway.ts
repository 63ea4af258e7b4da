/** Stands in for a gateway's HTTP side, so that a test can choose its answers. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface FakeGateway extends AsyncDisposable {
  readonly url: string;
  readonly requests: { path: string; authorization: string | undefined; body: unknown }[];
}

/** An HTTP server that answers every request with `status` and `body`. */
export async function startFakeGateway(status: number, body: unknown): Promise<FakeGateway> {
  const requests: FakeGateway["requests"] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { authorization } = request.headers;
    requests.push({ path: request.url ?? "", authorization, body: JSON.parse(await text(request)) });
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  const server = createServer((request, response) => void answer(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
