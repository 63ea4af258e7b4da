/** Publishes as a server does, `POST /api/v1/publish`, and repeats under a key until it is answered or has tried enough. */
import { setTimeout as wait } from "node:timers/promises";
import type { Door } from "../door.ts";
import type { Outcome } from "../publication.ts";
import { acknowledgedAt, ANSWER_WITHIN_MS, type Publisher, REFUSED, UNKNOWN } from "./publisher.ts";

const MAX_ATTEMPTS = 3;
const RETRY_MS = 200;

interface Answer {
  readonly results?: readonly { readonly position?: string; readonly error?: { readonly code: string } }[];
  readonly error?: { readonly code: string };
}

export class HttpPublisher implements Publisher {
  readonly mayRepeat = true;
  readonly #door: Door;
  readonly #channel: string;

  constructor(door: Door, channel: string) {
    this.#door = door;
    this.#channel = channel;
  }

  async publish(text: string): Promise<Outcome> {
    // Once it is not known whether it happened, a refusal of the repetition says nothing about that.
    let isSure = true;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const outcome = await this.#attempt(text);
      if (outcome.fate === "acknowledged") return outcome;
      if (outcome.fate === "unknown") isSure = false;
      if (attempt < MAX_ATTEMPTS) await wait(RETRY_MS);
    }
    return isSure ? REFUSED : UNKNOWN;
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #attempt(text: string): Promise<Outcome> {
    try {
      const response = await fetch(`${this.#door.url}api/v1/publish`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ channel: this.#channel, data: text, key: text }),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      return outcomeOf((await response.json()) as Answer);
    } catch {
      return UNKNOWN;
    }
  }
}

function outcomeOf({ results: [result] = [], error = result?.error }: Answer): Outcome {
  if (error) return error.code === "unconfirmed" || error.code === "internal" ? UNKNOWN : REFUSED;
  return acknowledgedAt(result?.position);
}
