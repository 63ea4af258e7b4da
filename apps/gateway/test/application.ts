/** An operator's application: a real HTTP server that answers hooks as the test says. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Inbox } from "@tidewire/testkit";
import type { HooksConfig } from "../src/hook-config.ts";

export interface Asked {
  readonly method: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly question: Readonly<Record<string, string>>;
}

/** An answer as JSON, or what is done to the response instead. */
export type Reply = object | ((response: ServerResponse) => void);

export interface Application extends AsyncDisposable {
  readonly url: string;
  readonly asked: Inbox<Asked>;
  /** What was asked so far. */
  readonly log: readonly Asked[];
  readonly hooks: HooksConfig;
}

export async function startApplication(
  reply: (question: Asked["question"]) => Reply | Promise<Reply>,
): Promise<Application> {
  const asked = new Inbox<Asked>();
  const log: Asked[] = [];
  const server = createServer((request, response) => {
    const answer = async () => {
      const question = JSON.parse(await text(request)) as Asked["question"];
      const entry = { method: request.method, headers: request.headers, question };
      log.push(entry);
      asked.push(entry);
      const replied = await reply(question);
      if (typeof replied === "function") replied(response);
      else response.end(JSON.stringify(replied));
    };
    answer().catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return {
    url,
    asked,
    log,
    hooks: { connect: undefined, authorize: url, secret: undefined, timeoutMs: 30_000 },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
