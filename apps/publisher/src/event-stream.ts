/** One connection to the events of a channel, from the request to its end; never throws because of the other side. */
import { createParser } from "eventsource-parser";
import { ask, causeOf, type Failure, type Gateway, type Question } from "./gateway.ts";

/** What comes on the connection, in order. The last is always `ended`. */
export type Item =
  | { readonly kind: "event"; readonly event: string; readonly data: string; readonly id: string | undefined }
  /** Where reading goes on. Comes before the event that it stands at, and also without one. */
  | { readonly kind: "id"; readonly id: string }
  | { readonly kind: "retry"; readonly ms: number }
  | { readonly kind: "heartbeat" }
  | { readonly kind: "ended"; readonly reason: string };

const EVENT_STREAM = "text/event-stream";

/**
 * @param lifeline ends the connection when it is aborted
 * @param silenceMs how long nothing may come before the connection counts as dead
 */
export async function openEventStream(
  gateway: Gateway,
  question: Omit<Question, "path" | "signal">,
  lifeline: AbortController,
  silenceMs: number,
): Promise<{ readonly ok: true; readonly items: AsyncGenerator<Item, void> } | Failure> {
  const headers = { ...question.headers, accept: EVENT_STREAM };
  const { signal } = lifeline;
  const answer = await ask(gateway, { ...question, headers, path: "api/v1/events", signal });
  if (!answer.ok) return answer;
  const { body, headers: answered } = answer.response;
  if (body === null || !answered.get("content-type")?.startsWith(EVENT_STREAM)) {
    lifeline.abort();
    const reason = `${gateway.url.origin}: what it answered is no stream of events`;
    return { ok: false, reason, isFinal: true };
  }
  return { ok: true, items: itemsOf(body, lifeline, silenceMs) };
}

async function* itemsOf(
  body: ReadableStream<Uint8Array>,
  lifeline: AbortController,
  silenceMs: number,
): AsyncGenerator<Item, void> {
  const items: Item[] = [];
  const parser = createParser({
    onId: (id) => items.push({ kind: "id", id }),
    onEvent: ({ event = "message", data, id }) => items.push({ kind: "event", event, data, id }),
    onRetry: (ms) => items.push({ kind: "retry", ms }),
    onComment: () => items.push({ kind: "heartbeat" }),
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  // Silence counts only while something is waited for: not while whoever reads the output is slow.
  const silence = () => lifeline.abort(new Error(`nothing came for ${silenceMs / 1_000} s`));
  try {
    for (;;) {
      const timer = setTimeout(silence, silenceMs);
      const { done, value } = await reader.read().finally(() => clearTimeout(timer));
      if (done) break;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* items.splice(0);
    }
    yield { kind: "ended", reason: "it closed the connection" };
  } catch (error) {
    yield { kind: "ended", reason: causeOf(error) };
  } finally {
    // Also when nobody wants any more of it.
    lifeline.abort();
  }
}
