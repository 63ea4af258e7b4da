/**
 * Questions to all gateways over Redis, and the gathering of their answers.
 *
 * Invariant: an answer counts for the question that it names, once for each gateway, and only of those that were asked.
 */
import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import type { Answers, Question } from "./broker.ts";
import { isAnswer } from "./question.ts";
import type { RedisLeases } from "./redis-leases.ts";

/** The asker's name, the number of the question, the one gateway that is meant or `*`; then the question. */
const QUESTION = /^([0-9a-f-]{36}) (\d+) ([!-~]+)\n([^]*)$/;
/** The number of the question, the gateway; then the answer. */
const ANSWER = /^(\d+) ([!-~]+)\n([^]*)$/;

interface Open {
  /** Those that were asked and have not answered; not known before Redis has confirmed the question. */
  missing: Set<string> | undefined;
  readonly answers: Map<string, string>;
  readonly settle: () => void;
}

export interface RedisQuestionsOptions {
  readonly publisher: Redis;
  readonly leases: RedisLeases;
  /** Goes before the names. */
  readonly prefix: string;
  readonly onQuestion: (text: string) => string | undefined;
}

export class RedisQuestions {
  /** The name on which all are asked, and the one on which this broker is answered; both must be subscribed to. */
  readonly name: string;
  readonly answerName: string;
  readonly #options: RedisQuestionsOptions;
  readonly #id = randomUUID();
  readonly #open = new Map<string, Open>();
  #last = 0;

  constructor(options: RedisQuestionsOptions) {
    this.#options = options;
    this.name = `${options.prefix}question`;
    this.answerName = this.#answerName(this.#id);
  }

  /** How many wait for answers. */
  get open(): number {
    return this.#open.size;
  }

  async ask({ text, gateway, waitMs }: Question): Promise<Answers> {
    this.#last += 1;
    const number = String(this.#last);
    const { promise, resolve } = Promise.withResolvers<void>();
    const open: Open = { missing: undefined, answers: new Map(), settle: resolve };
    this.#open.set(number, open);
    const timer = setTimeout(resolve, waitMs);
    try {
      const question = `${this.#id} ${number} ${gateway ?? "*"}\n${text}`;
      const asked = await this.#options.leases.ask(this.name, question);
      const meant = asked.filter((each) => gateway === undefined || each === gateway);
      const missing = new Set(meant.filter((each) => !open.answers.has(each)));
      open.missing = missing;
      if (missing.size > 0) await promise;
      const answers = Array.from(open.answers, ([each, answer]) => ({ gateway: each, text: answer }));
      return { answers: answers.filter((answer) => meant.includes(answer.gateway)), missing: [...missing] };
    } finally {
      clearTimeout(timer);
      this.#open.delete(number);
    }
  }

  /** A question has come. */
  hear(bytes: Buffer): void {
    const { publisher, leases, onQuestion } = this.#options;
    const [, asker = "", number, meant, text = ""] = QUESTION.exec(bytes.toString()) ?? [];
    const { own } = leases;
    if (own === undefined || number === undefined || (meant !== "*" && meant !== own)) return;
    const answer = onQuestion(text);
    if (!isAnswer(answer)) return;
    // An answer that is lost is missed by the asker.
    publisher.publish(this.#answerName(asker), `${number} ${own}\n${answer}`).catch(() => {});
  }

  /** An answer has come, also one that is too late. */
  hearAnswer(bytes: Buffer): void {
    const [, number = "", gateway = "", text = ""] = ANSWER.exec(bytes.toString()) ?? [];
    const open = this.#open.get(number);
    if (!open || (open.missing && !open.missing.has(gateway))) return;
    open.answers.set(gateway, text);
    open.missing?.delete(gateway);
    if (open.missing?.size === 0) open.settle();
  }

  /** Nothing more will come: those who wait get what there is. */
  close(): void {
    for (const { settle } of this.#open.values()) settle();
  }

  #answerName(asker: string): string {
    return `${this.#options.prefix}answer:${asker}`;
  }
}
