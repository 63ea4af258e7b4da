/** JSON from elsewhere that may be unsound, or of another version. */
import type { z } from "zod";

/** What the text says; `undefined` when it is no JSON, or not of that shape. */
export function readJson<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
): z.infer<Schema> | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
