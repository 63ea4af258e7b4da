/**
 * The application's word on what clients may do: asked over HTTP, kept for as long as it says.
 *
 * Invariant: a question that was not answered well is never a yes, and no more than a limit are under way at a time.
 */
import type { HooksConfig } from "./hook-config.ts";
import { askHook, type HookAnswer } from "./hook-request.ts";
import type { Log } from "./log.ts";

/** Most answers that are kept; the oldest goes first. */
const MAX_KEPT_ANSWERS = 10_000;
/** A hook that failed has recovered when it answers and has not failed for so long, in milliseconds. */
const RECOVERED_AFTER_MS = 10_000;

/** What the application is told, and all of it. */
export type Question =
  | { readonly event: "connect"; readonly user?: string; readonly protocol: "plain" | "v1" | "events" }
  | { readonly event: "subscribe" | "publish"; readonly user?: string; readonly channel: string };

export type Verdict = "allowed" | "forbidden" | "failed";

export interface HooksOptions {
  readonly config: HooksConfig;
  /** Questions under way, in all. */
  readonly maxPending: number;
  readonly log: Log;
  /** @default MAX_KEPT_ANSWERS */
  readonly maxKept?: number;
  readonly onAnswered: (verdict: Verdict, durationMs: number) => void;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

type Hook = "connect" | "authorize";

interface Kept {
  readonly verdict: Verdict;
  readonly untilMs: number;
}

export class Hooks {
  readonly #options: HooksOptions;
  /** By the question's text. */
  readonly #kept = new Map<string, Kept>();
  readonly #pending = new Map<string, Promise<Verdict>>();
  /** When each hook that fails last did. */
  readonly #failing = new Map<Hook, number>();

  constructor(options: HooksOptions) {
    this.#options = options;
  }

  /** No promise where the answer is known. Identical questions under way are one. */
  ask(question: Question): Verdict | Promise<Verdict> {
    const { config, maxPending } = this.#options;
    const hook: Hook = question.event === "connect" ? "connect" : "authorize";
    const url = config[hook];
    if (url === undefined) return "allowed";
    const body = JSON.stringify(question);
    const known = this.#recall(body) ?? this.#pending.get(body);
    if (known) return known;
    if (this.#pending.size >= maxPending) {
      this.#count(hook, { ok: false, fault: "too many questions are under way" }, 0);
      return "failed";
    }
    const asking = this.#ask(hook, url, body);
    this.#pending.set(body, asking);
    return asking;
  }

  /** Settles when the questions that are under way now are answered and acted upon. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending.values());
    // Whoever waited for the answers goes on in this turn.
    await new Promise((resolve) => setImmediate(resolve));
  }

  async #ask(hook: Hook, url: string, body: string): Promise<Verdict> {
    const { config, now } = this.#options;
    const startMs = now();
    const answer = await askHook({ url, secret: config.secret, timeoutMs: config.timeoutMs, body });
    this.#pending.delete(body);
    const verdict = this.#count(hook, answer, now() - startMs);
    if (answer.ok && answer.cacheSeconds > 0) this.#keep(body, verdict, answer.cacheSeconds);
    return verdict;
  }

  #recall(body: string): Verdict | undefined {
    const kept = this.#kept.get(body);
    if (!kept) return undefined;
    if (kept.untilMs > this.#options.now()) return kept.verdict;
    this.#kept.delete(body);
    return undefined;
  }

  #keep(body: string, verdict: Verdict, seconds: number): void {
    const { maxKept = MAX_KEPT_ANSWERS } = this.#options;
    this.#kept.set(body, { verdict, untilMs: this.#options.now() + seconds * 1_000 });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > maxKept && oldest !== undefined) this.#kept.delete(oldest);
  }

  #count(hook: Hook, answer: HookAnswer, durationMs: number): Verdict {
    const verdict = verdictOf(answer);
    this.#options.onAnswered(verdict, durationMs);
    this.#watch(hook, answer);
    return verdict;
  }

  // A hook that fails now and then would otherwise be logged with every answer.
  #watch(hook: Hook, answer: HookAnswer): void {
    const { log, now } = this.#options;
    const failedMs = this.#failing.get(hook);
    if (!answer.ok) {
      if (failedMs === undefined)
        log.warn({ hook }, `a hook fails, and what it is asked is refused: ${answer.fault}`);
      this.#failing.set(hook, now());
    } else if (failedMs !== undefined && now() - failedMs >= RECOVERED_AFTER_MS) {
      this.#failing.delete(hook);
      log.info({ hook }, "the hook answers again");
    }
  }
}

function verdictOf(answer: HookAnswer): Verdict {
  if (!answer.ok) return "failed";
  return answer.allow ? "allowed" : "forbidden";
}
