/** What zod found, as a sentence for the one who wrote the value. */
import type { z } from "zod";

export function zodFaults(error: z.ZodError): string[] {
  return error.issues.map((issue) => {
    const place = issue.path.length === 0 ? "" : `${issue.path.join(".")} `;
    return `${place}${predicateOf(issue)}`;
  });
}

function predicateOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "unrecognized_keys":
      return `has no key ${issue.keys.map((key) => `"${key}"`).join(", ")}`;
    case "invalid_type":
      return `must be ${issue.expected === "int" ? "a whole number" : `of the type ${issue.expected}`}`;
    case "invalid_union":
      return "must be a text or a whole number";
    case "too_small":
      return `must be at least ${issue.minimum}${issue.origin === "string" ? " character long" : ""}`;
    case "too_big":
      return `must be at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}
