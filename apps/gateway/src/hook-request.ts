/**
 * One question to the application over HTTP, and what its answer says.
 *
 * Invariant: anything but a whole, sound answer in time is a fault, and a fault's words hold nothing of a URL, a question
 * or an answer.
 */
import { z } from "zod";

/** Largest answer that is read, in bytes. */
const MAX_ANSWER_BYTES = 65_536;
/** Longest time for which an answer may say that it holds. */
const MAX_CACHE_SECONDS = 3_600;

// A newer application may say more than is known here.
const Answer = z.object({
  allow: z.boolean(),
  cacheSeconds: z.number().min(0).max(MAX_CACHE_SECONDS).default(0),
});

export type HookAnswer =
  | { readonly ok: true; readonly allow: boolean; readonly cacheSeconds: number }
  | { readonly ok: false; readonly fault: string };

export interface HookRequest {
  readonly url: string;
  readonly secret: string | undefined;
  readonly timeoutMs: number;
  /** JSON. */
  readonly body: string;
}

/** Never rejects. */
export async function askHook({ url, secret, timeoutMs, body }: HookRequest): Promise<HookAnswer> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        accept: "application/json",
        "content-type": "application/json",
        ...(secret !== undefined && { authorization: `Bearer ${secret}` }),
      },
      body,
      // Whoever answers elsewhere was not configured, and must not get the secret.
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      return failed(`it answered with the status ${response.status}`);
    }
    const text = await readBounded(response);
    return text === undefined ? failed(`its answer has more than ${MAX_ANSWER_BYTES} bytes`) : parse(text);
  } catch (error) {
    return failed(reasonOf(error, timeoutMs));
  }
}

/** `undefined` when it is too long; then the rest is not read. */
async function readBounded({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    // Leaving the loop cancels the body.
    if (length > MAX_ANSWER_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parse(text: string): HookAnswer {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return failed("its answer is not JSON");
  }
  const parsed = Answer.safeParse(json);
  return parsed.success ? { ok: true, ...parsed.data } : failed("its answer does not say what it should");
}

// The words of an error can repeat the address, so only its code is told.
function reasonOf(error: unknown, timeoutMs: number): string {
  if (error instanceof DOMException && error.name === "TimeoutError")
    return `it did not answer within ${timeoutMs} ms`;
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  return `it can't be reached, or broke off${code}`;
}

function failed(fault: string): HookAnswer {
  return { ok: false, fault };
}
