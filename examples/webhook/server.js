/**
 * A business server: it mints tokens for its users, and passes on to them what comes by webhook.
 *
 * `POST /webhook` with `{"userId": "7", "message": "…"}` and the headers of Standard Webhooks; `GET /token` with a name
 * and a password.
 */
import { createServer } from "node:http";
import { createServerClient } from "@tidewire/sdk/server";
import { SignJWT } from "jose";
import { authenticate } from "./signature.js";

const MAX_BODY_BYTES = 16_384;
const {
  API_KEY,
  JWT_SECRET,
  WEBHOOK_SECRET,
  GATEWAY_URL = "http://127.0.0.1:1234",
  PORT = "8080",
} = process.env;
if (!API_KEY || !JWT_SECRET || !WEBHOOK_SECRET) throw new Error("set API_KEY, JWT_SECRET and WEBHOOK_SECRET");

/** Stands for the sign-in that you have: who has which name and password. */
const USERS = new Map([["ada:lovelace", "7"]]);

// Who sends webhooks does not wait for long, but tries again.
const gateways = createServerClient(GATEWAY_URL, { apiKey: API_KEY, timeoutMs: 3_000 });

async function token({ headers }) {
  const [, credentials = ""] = /^Basic (.+)$/.exec(headers.authorization ?? "") ?? [];
  const user = USERS.get(Buffer.from(credentials, "base64").toString());
  if (!user) return [401, "who are you?"];
  const jwt = new SignJWT().setProtectedHeader({ alg: "HS256" }).setSubject(user).setIssuedAt();
  return [200, await jwt.setExpirationTime("1h").sign(new TextEncoder().encode(JWT_SECRET))];
}

async function webhook(request) {
  const body = await read(request);
  if (!body) return [413, "too large"];
  const id = authenticate(WEBHOOK_SECRET, request.headers, body);
  if (!id) return [401, "not signed, or too old"];
  const delivery = parse(body);
  if (!delivery) return [400, "not a delivery"];
  try {
    // The same delivery is published once, through whichever gateway. Nobody need be there.
    const published = await gateways.publishToUser(delivery.userId, delivery.message, { key: id });
    return [200, JSON.stringify(published)];
  } catch (error) {
    console.error(`delivery ${id}: ${error.message}`);
    // 503 has the sender try again; what a gateway refuses it would refuse again.
    return error.retry ? [503, "try again later"] : [422, error.message];
  }
}

/** The body, or `undefined` where it is too large. */
async function read(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parse(body) {
  try {
    const { userId, message } = JSON.parse(body);
    return typeof userId === "string" && typeof message === "string" ? { userId, message } : undefined;
  } catch {
    return undefined;
  }
}

const ROUTES = { "GET /token": token, "POST /webhook": webhook };

const server = createServer(async (request, response) => {
  try {
    const route = ROUTES[`${request.method} ${request.url}`];
    const [status, text] = route ? await route(request) : [404, "not here"];
    // After what was not read to its end there is nothing more to read.
    if (!request.complete) response.setHeader("connection", "close");
    response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
  } catch {
    // The caller has left in the middle of its request.
    request.destroy();
  }
});
server.listen(Number(PORT), "127.0.0.1", () => console.log(`listening on port ${server.address().port}`));
