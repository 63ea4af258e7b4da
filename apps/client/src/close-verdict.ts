/** What the end of a connection means: what to tell the person, and whether to come back. */

import { CLOSE_CODES } from "@tidewire/protocol";

export interface Failure {
  readonly title: string;
  readonly detail: string;
  /** The gateway did not take what was sent last; its writer wants it back. */
  readonly isMessageRefused?: boolean;
}

export interface CloseVerdict {
  readonly next: "retry" | "stop";
  readonly failure: Failure;
}

export interface ClosedSocket {
  readonly code: number;
  readonly reason: string;
  readonly wasOpen: boolean;
}

/** The gateway did not take what was sent; the connection itself is fine to use again. */
const REFUSED_MESSAGE = new Map<number, string>([
  [CLOSE_CODES.unsupportedData.code, "The gateway does not take this kind of message."],
  [CLOSE_CODES.invalidUtf8.code, "The gateway found the message’s text broken."],
  [CLOSE_CODES.messageTooLarge.code, "The message is larger than the gateway takes."],
  [CLOSE_CODES.publishFailed.code, "The gateway could not publish the message."],
]);

export function closeVerdict(closed: ClosedSocket): CloseVerdict {
  const { code, reason, wasOpen } = closed;
  const tell = (title: string, fallback: string): Failure => ({
    title,
    detail: `${reason === "" ? fallback : `The gateway says: ${reason}`} (code ${code})`,
  });

  const refusal = REFUSED_MESSAGE.get(code);
  if (refusal !== undefined) {
    const title = code === CLOSE_CODES.messageTooLarge.code ? "Message too large" : "Message refused";
    return { next: "retry", failure: { ...tell(title, refusal), isMessageRefused: true } };
  }
  // 1008 is the standard's word for "you may not"; trying again unasked would not change that.
  if (code === CLOSE_CODES.policyViolation.code || (code >= 4500 && code <= 4999)) {
    return { next: "stop", failure: tell("Closed by the gateway", "It gave no reason.") };
  }
  // Browsers show a refused upgrade (400, 403, 503) exactly like a gateway that is not there.
  if (!wasOpen && code === 1006) {
    const detail = "It may not be running, or it refused this channel.";
    return { next: "retry", failure: { title: "Cannot reach the gateway", detail } };
  }
  if (code === 1006) {
    const detail = "The connection broke off without a goodbye.";
    return { next: "retry", failure: { title: "Connection lost", detail } };
  }
  const fallback = code === 1001 ? "The gateway is going away." : "The gateway closed it.";
  return { next: "retry", failure: tell("Connection lost", fallback) };
}
