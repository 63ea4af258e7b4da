/** What the embedded broker knows of gateways: the one in its own process. */
import {
  type Answers,
  type Broker,
  type BrokerHandlers,
  failure,
  type Peer,
  type Question,
  success,
} from "./broker.ts";
import { isAnswer, questionFault } from "./question.ts";

interface Held extends Peer {
  readonly untilMs: number;
}

export interface MemoryGateways {
  readonly renewLease: Broker["renewLease"];
  readonly endLease: Broker["endLease"];
  readonly ask: Broker["ask"];
  /** Whether the gateway's lease is not over. */
  readonly holdsLease: () => boolean;
}

/** @param now milliseconds since 1970 */
export function createMemoryGateways(
  { onQuestion }: Pick<BrokerHandlers, "onQuestion">,
  now: () => number,
  isClosed: () => boolean,
): MemoryGateways {
  const closed = failure("closed", "the broker is closed");
  let held: Held | undefined;
  let lastIncarnation = 0;
  let open = 0;

  const current = (): Held | undefined => (held && held.untilMs > now() ? held : undefined);

  async function answersTo({ text, gateway }: Question): Promise<Answers> {
    const asked = current()?.gateway;
    if (asked === undefined || (gateway !== undefined && gateway !== asked)) {
      return { answers: [], missing: [] };
    }
    // As with Redis, nothing is answered from inside the call.
    await Promise.resolve();
    const answer = onQuestion(text);
    return isAnswer(answer)
      ? { answers: [{ gateway: asked, text: answer }], missing: [] }
      : { answers: [], missing: [asked] };
  }

  return {
    holdsLease: () => current() !== undefined,
    async renewLease({ gateway, version, ageMs, forMs }) {
      if (isClosed()) return closed;
      const nowMs = now();
      const before = current();
      const isTaken = before === undefined;
      lastIncarnation = before?.incarnation ?? Math.max(lastIncarnation + 1, nowMs);
      const sinceMs = before?.sinceMs ?? nowMs - ageMs;
      const peer: Peer = { gateway, version, sinceMs, incarnation: lastIncarnation };
      held = { ...peer, untilMs: nowMs + forMs };
      return success({ incarnation: lastIncarnation, isTaken, peers: [peer] });
    },
    async endLease() {
      if (isClosed()) return closed;
      held = undefined;
      return success(undefined);
    },
    async ask(question) {
      if (isClosed()) return closed;
      const fault = questionFault(question, open);
      if (fault) return fault;
      open += 1;
      const answers = await answersTo(question);
      open -= 1;
      return success(answers);
    },
  };
}
