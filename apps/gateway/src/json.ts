/**
 * JSON that keeps what it was given: a number that JavaScript can't hold goes out as it came in.
 *
 * The source text of a number is handed to the reviver, and JSON.rawJSON writes such text back (ECMA-262,
 * "JSON.parse source text access"). What holds raw numbers is only good to be written again.
 */

// Not yet known to TypeScript's library.
interface JsonWithSource {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
}

const json = JSON as unknown as JsonWithSource;

/** @throws an error with `statusCode` 400 when the text is no JSON, or nested too deeply to be read */
export function parseJson(text: string): unknown {
  try {
    return json.parse(text, (_key, value, { source }) =>
      typeof value === "number" && source !== undefined && String(value) !== source
        ? json.rawJSON(source)
        : value,
    );
  } catch (cause) {
    throw Object.assign(new Error("not JSON", { cause }), { statusCode: 400 });
  }
}
