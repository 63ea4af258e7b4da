/** What zod found, as a sentence for the one who wrote the value. */
import type { Refusal } from "@tidewire/protocol";
import { closestMatch } from "leven";
import { z } from "zod";

/** Most letters by which a key may differ from the one that was meant. */
const MAX_DISTANCE = 4;

/** @param schema the one that found the error; it knows which keys there are */
export function zodFaults(error: z.ZodError, schema: z.ZodType): string[] {
  return error.issues.map((issue) => {
    const place = issue.path.length === 0 ? "" : `${issue.path.join(".")} `;
    return `${place}${predicateOf(issue, schema)}`;
  });
}

/** What the sender of a body is told. */
export function bodyRefusal(error: z.ZodError, schema: z.ZodType): Refusal {
  return { code: "bad_request", message: `The body ${zodFaults(error, schema).join("; ")}.` };
}

/** What the sender of a query is told. */
export function queryRefusal(error: z.ZodError, schema: z.ZodType): Refusal {
  return { code: "bad_request", message: `The query ${zodFaults(error, schema).join("; ")}.` };
}

function predicateOf(issue: z.core.$ZodIssue, schema: z.ZodType): string {
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = keysAt(schema, issue.path);
      return `has no key ${issue.keys.map((key) => `"${key}"${hint(key, known)}`).join(", ")}`;
    }
    case "invalid_type":
      return `must be ${issue.expected === "int" ? "a whole number" : `of the type ${issue.expected}`}`;
    case "invalid_value":
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
    case "invalid_union":
      return "must be a text or a whole number";
    case "too_small":
      if (issue.inclusive === false) return `must be more than ${issue.minimum}`;
      return `must be at least ${issue.minimum}${issue.origin === "string" ? " character long" : ""}`;
    case "too_big":
      return `must be at most ${issue.maximum}${issue.origin === "string" ? " characters long" : ""}`;
    default:
      return issue.message;
  }
}

function hint(key: string, known: readonly string[]): string {
  const nearest = closestMatch(key, known, { maxDistance: MAX_DISTANCE });
  return nearest === undefined ? "" : ` (did you mean "${nearest}"?)`;
}

/** The keys of the object that stands at `path` in what the schema describes. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  const here = path.reduce<z.core.$ZodType | undefined>(childOf, schema);
  const object = here && unwrapped(here);
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

function childOf(parent: z.core.$ZodType | undefined, key: PropertyKey): z.core.$ZodType | undefined {
  const schema = parent && unwrapped(parent);
  if (schema instanceof z.ZodObject) return (schema.shape as Record<PropertyKey, z.core.$ZodType>)[key];
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return schema instanceof z.ZodArray ? schema.element : undefined;
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault
    ? unwrapped(schema.unwrap())
    : schema;
}
