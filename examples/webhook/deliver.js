/** Stands for whoever sends webhooks: `node deliver.js URL USER MESSAGE [ID]`. The same id is the same delivery. */
import { randomUUID } from "node:crypto";
import { sign } from "./signature.js";

const [url, userId, message, id = randomUUID()] = process.argv.slice(2);
const timestamp = String(Math.floor(Date.now() / 1_000));
const body = JSON.stringify({ userId, message });
const headers = {
  "content-type": "application/json",
  "webhook-id": id,
  "webhook-timestamp": timestamp,
  "webhook-signature": sign(process.env.WEBHOOK_SECRET, id, timestamp, body),
};
const response = await fetch(url, { method: "POST", headers, body });
console.log(response.status, await response.text());
