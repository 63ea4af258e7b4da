/** What bounds questions and answers, on whichever broker. */
import {
  type Failure,
  failure,
  MAX_ANSWER_BYTES,
  MAX_OPEN_QUESTIONS,
  MAX_QUESTION_BYTES,
  type Question,
} from "./broker.ts";

/**
 * Why a question can't be asked, if it can't.
 *
 * @param open how many wait for answers now
 */
export function questionFault({ text }: Question, open: number): Failure | undefined {
  if (Buffer.byteLength(text) > MAX_QUESTION_BYTES) {
    return failure("refused", `a question has at most ${MAX_QUESTION_BYTES} bytes`);
  }
  if (open >= MAX_OPEN_QUESTIONS) {
    return failure("unavailable", `at most ${MAX_OPEN_QUESTIONS} questions wait for answers at a time`);
  }
  return undefined;
}

/** Whether an answer may be sent. */
export function isAnswer(text: string | undefined): text is string {
  return text !== undefined && Buffer.byteLength(text) <= MAX_ANSWER_BYTES;
}
