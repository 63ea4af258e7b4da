/** Channels whose messages have a type: one definition for all who publish and read there, in browsers and servers. */
import type { StandardSchemaV1 } from "@standard-schema/spec";

/** A channel with its schema: what `client.channel()` and the hooks take in place of a name. */
export interface TypedChannel<Input = unknown, Output = unknown> {
  readonly name: string;
  readonly schema: StandardSchemaV1<Input, Output>;
}

/** Gives a channel of the pattern: called with what stands for the `*`, or with nothing where there is none. */
export type ChannelDefinition<Pattern extends string, Input, Output> = (
  ...rest: Pattern extends `${string}*` ? [rest: string] : []
) => TypedChannel<Input, Output>;

/**
 * Says what is published on the channels of a pattern.
 *
 * What is published must be the schema's input, and is sent as it is; whoever reads gets the schema's output. Both are
 * checked at run time, too.
 *
 * @param pattern a channel's name, or the beginning of names followed by `*`, as in the gateway's rules
 * @param schema of any library that speaks Standard Schema, such as zod, valibot or arktype. It must answer at once: with
 *   one that returns a promise nothing fits.
 * @see https://standardschema.dev
 */
export function defineChannel<Pattern extends string, Input, Output>(
  pattern: Pattern,
  schema: StandardSchemaV1<Input, Output>,
): ChannelDefinition<Pattern, Input, Output> {
  return (rest = "") => ({ name: pattern.endsWith("*") ? pattern.slice(0, -1) + rest : pattern, schema });
}
