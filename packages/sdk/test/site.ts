/** A web server of an application. */
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";

const TYPES: Readonly<Record<string, string>> = { html: "text/html", js: "text/javascript" };

export interface Site extends AsyncDisposable {
  readonly url: string;
}

/** Serves these files from loopback, as nothing else may speak to a gateway there. */
export async function startSite(files: Readonly<Record<string, string>>): Promise<Site> {
  const server = createServer((request, response) => {
    const name = request.url?.slice(1) || "index.html";
    const type = TYPES[name.split(".").at(-1) ?? ""];
    if (files[name] === undefined || type === undefined) return response.writeHead(404).end();
    return response.writeHead(200, { "content-type": type }).end(files[name]);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
