/** Queries of the server API: checked as strictly as bodies, since a parameter that is misspelt would be passed over. */
import type { Refusal } from "@tidewire/protocol";
import { z } from "zod";
import { queryRefusal } from "./zod-fault.ts";

export type QueryResult<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: Refusal };

export function readQuery<Schema extends z.ZodType>(
  schema: Schema,
  query: unknown,
): QueryResult<z.infer<Schema>> {
  const parsed = schema.safeParse(query);
  if (parsed.success) return { ok: true, value: parsed.data };
  return { ok: false, refusal: queryRefusal(parsed.error, schema) };
}

/** How many there may be in an answer. */
export function limitUpTo(most: number, least = 1) {
  return z
    .string()
    .regex(/^\d{1,9}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.int().min(least).max(most))
    .describe("Most items of the answer.");
}
