/** JSON that keeps its numbers digit by digit, also those that JavaScript can't hold. */

// "JSON.parse source text access" of ECMA-262, not yet known to TypeScript's library.
interface JsonWithSource {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
}

const json = JSON as unknown as JsonWithSource;

/**
 * The value, with raw numbers where JavaScript would write other digits: only good to be written again.
 *
 * @throws SyntaxError when the text is no JSON, RangeError when it is nested too deeply to be read
 */
export function parseExactJson(text: string): unknown {
  return json.parse(text, (_key, value, { source }) =>
    typeof value === "number" && source !== undefined && String(value) !== source
      ? json.rawJSON(source)
      : value,
  );
}
