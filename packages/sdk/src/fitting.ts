/** Whether data fits the schema of its channel. Whatever a schema does, nothing is thrown. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { DataMessage, HistoryPage, Invalid, KeptPage, Message } from "./message.ts";
import { TidewireError } from "./tidewire-error.ts";

type Issues = readonly StandardSchemaV1.Issue[];

export type Fitting<Received> =
  | { readonly message: Received; readonly invalid?: never }
  | { readonly invalid: Invalid; readonly message?: never };

/** What a channel's messages are like. */
export interface Form<Received> {
  /** What is to be said against publishing this, given as JSON: what readers will get must fit, not what it was before. */
  check(json: string): Issues | undefined;
  read(message: Message): Fitting<Received>;
}

/** Of a channel without a schema. */
export const ANY_FORM: Form<Message> = {
  check: () => undefined,
  read: (message) => ({ message }),
};

export function schemaForm<Output>(schema: StandardSchemaV1<unknown, Output>): Form<DataMessage<Output>> {
  return {
    check: (json) => validate(schema, JSON.parse(json)).issues,
    read: (message) => {
      const { channel } = message;
      const result = message.bytes ? failure("These are bytes.") : validate(schema, message.data);
      if (result.issues) return { invalid: { channel, message, issues: result.issues } };
      const { data: _, bytes: __, ...facts } = message;
      return { message: { ...facts, data: result.value } };
    },
  };
}

/** What is to be published, as JSON: as it is now, since the application may go on changing it. Or what is wrong with it. */
export function fit(data: unknown, form: Form<unknown>, channel: string): string | TidewireError {
  const json = toJson(data);
  return typeof json === "string" ? (misfit(json, form, channel) ?? json) : json;
}

/** Why JSON can't be published there, or `undefined` when it can. */
export function misfit(json: string, form: Form<unknown>, channel: string): TidewireError | undefined {
  const issues = form.check(json);
  return issues && new TidewireError("invalid", `This does not fit ${channel}.`, { cause: issues });
}

/** The messages of a page, by whether they fit. */
export function sortPage<Received>(page: KeptPage, form: Form<Received>): HistoryPage<Received> {
  const [messages, invalid]: [Received[], Invalid[]] = [[], []];
  for (const message of page.messages) {
    const fitting = form.read(message);
    if (fitting.invalid) invalid.push(fitting.invalid);
    else messages.push(fitting.message);
  }
  return { ...page, messages, invalid };
}

/** An error for what JSON can't say: `undefined`, a function, an object that holds itself. */
export function toJson(data: unknown): string | TidewireError {
  try {
    const json: string | undefined = JSON.stringify(data);
    return json ?? new TidewireError("bad_request", "JSON can't say this.");
  } catch (cause) {
    return new TidewireError("bad_request", "JSON can't say this.", { cause });
  }
}

function validate<Output>(schema: StandardSchemaV1<unknown, Output>, data: unknown) {
  try {
    const result = schema["~standard"].validate(data);
    if ("value" in result || "issues" in result) return result;
    // A promise may fail, too, and nobody waits for it.
    Promise.resolve(result).catch(() => {});
    return failure("The schema does not answer at once.");
  } catch {
    return failure("The schema failed.");
  }
}

function failure(message: string): StandardSchemaV1.FailureResult {
  return { issues: [{ message }] };
}
