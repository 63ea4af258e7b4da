/** Whether data fits the schema of its channel. Whatever a schema does, nothing is thrown. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { DataMessage, Invalid, Message } from "./message.ts";

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

function validate<Output>(schema: StandardSchemaV1<unknown, Output>, data: unknown) {
  try {
    const result = schema["~standard"].validate(data);
    if (!(result instanceof Promise)) return result;
    // It may fail, too, and nobody waits for it.
    result.catch(() => {});
    return failure("The schema does not answer at once.");
  } catch {
    return failure("The schema failed.");
  }
}

function failure(message: string): StandardSchemaV1.FailureResult {
  return { issues: [{ message }] };
}
