/** One page of what is kept of a channel, asked of a gateway. */
import { parseExactJson } from "@tidewire/protocol";
import { ask, causeOf, type Failure, type Gateway } from "./gateway.ts";
import type { Message } from "./message.ts";

export interface PageRequest {
  readonly channel: string;
  readonly since?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}

/** A message that is kept has a position. */
export type KeptMessage = Message & { readonly position: string };

export interface Page {
  /** The oldest first. */
  readonly messages: readonly KeptMessage[];
  /** Whether nothing between the position that was asked for and the messages is missing. */
  readonly complete: boolean;
  /** Whether there was more in the direction that was asked for. */
  readonly more: boolean;
  /** Where the channel ended. */
  readonly position: string;
}

export async function fetchPage(
  gateway: Gateway,
  { channel, since, before, limit }: PageRequest,
  signal: AbortSignal,
): Promise<{ readonly ok: true; readonly page: Page } | Failure> {
  const query = { channel, since, before, limit };
  const answer = await ask(gateway, { path: "api/v1/history", query, signal });
  if (!answer.ok) return answer;
  const { origin } = gateway.url;
  try {
    const page = parseExactJson(await answer.response.text());
    if (isPage(page)) return { ok: true, page };
  } catch (error) {
    // Text that is no JSON, or is nested too deeply, is no page either.
    if (!(error instanceof SyntaxError || error instanceof RangeError))
      return { ok: false, reason: `${origin}: ${causeOf(error)}`, isFinal: false };
  }
  return { ok: false, reason: `${origin}: what it answered is no page of messages`, isFinal: true };
}

// What answers may be anything.
function isPage(value: unknown): value is Page {
  const { messages, complete, more, position } = (value ?? {}) as Partial<Record<keyof Page, unknown>>;
  return (
    Array.isArray(messages) &&
    messages.every(isKeptMessage) &&
    typeof complete === "boolean" &&
    typeof more === "boolean" &&
    typeof position === "string"
  );
}

function isKeptMessage(value: unknown): value is KeptMessage {
  const { position, data, base64 } = (value ?? {}) as Partial<Record<keyof Message, unknown>>;
  return typeof position === "string" && (typeof base64 === "string" || data !== undefined);
}
