/** The rules of channels, by pattern: the key `channels` of the configuration file. */
import { PatternMap } from "@tidewire/protocol";
import { z } from "zod";
import type { Limits } from "./limits.ts";

/** Who may do a thing. */
const Who = z.enum(["anyone", "nobody"]);

/** What the application can be asked about. */
const ASKABLE = ["subscribe", "publish"] as const;
type Askable = (typeof ASKABLE)[number];

const Authorize = z.custom<true | readonly Askable[]>(
  (value) =>
    value === true ||
    (Array.isArray(value) && value.length > 0 && value.every((each) => ASKABLE.includes(each as Askable))),
  'must be true, or a list of "subscribe" and "publish"',
);

/** What holds for the channels of one pattern. A key that is absent has its default: rules are not inherited. */
export const ChannelRuleInput = z.strictObject({
  /** Which clients may subscribe. A plain client is refused with 403. */
  subscribe: Who.default("anyone"),
  /** Which clients may publish. A plain client that does is closed with 4503. */
  publish: Who.default("anyone"),
  /** Payload of one message of a client, in bytes, below the gateway's own limit. @default limits.maxMessageBytes */
  maxMessageBytes: z.int().min(1).optional(),
  /** How fast one connection may publish on all channels of the pattern together. @default no limit of its own */
  publishRate: z
    .strictObject({
      /** Messages a second, in the long run. */
      perSecond: z.number().positive().max(1_000_000),
      /** Messages at once, after a pause. */
      burst: z.int().min(1).max(1_000_000),
    })
    .optional(),
  /** Whether a v1 client that does not say gets its own messages back. Plain clients always do. */
  echo: z.boolean().default(true),
  /** For what the application is asked, at `hooks.authorize`; `true` stands for both. @default nothing */
  authorize: Authorize.optional(),
});

export type ChannelRuleInput = z.infer<typeof ChannelRuleInput>;

export interface ChannelRule extends ChannelRuleInput {
  /** Empty for the default. */
  readonly pattern: string;
  readonly maxMessageBytes: number;
  readonly asksFor: readonly Askable[];
}

export class ChannelRules {
  readonly #byPattern: PatternMap<ChannelRule>;
  readonly #default: ChannelRule;

  /** @param inputs by pattern; every pattern is sound */
  constructor(inputs: Readonly<Record<string, ChannelRuleInput>>, { maxMessageBytes }: Limits) {
    const complete = (pattern: string, input: ChannelRuleInput): ChannelRule => ({
      ...input,
      pattern,
      maxMessageBytes: Math.min(input.maxMessageBytes ?? maxMessageBytes, maxMessageBytes),
      asksFor: input.authorize === true ? ASKABLE : (input.authorize ?? []),
    });
    this.#byPattern = new PatternMap(
      Object.entries(inputs).map(([pattern, input]) => [pattern, complete(pattern, input)]),
    );
    this.#default = complete("", ChannelRuleInput.parse({}));
  }

  /** The rule of the most exact pattern, or the default. The same rule is the same object. */
  of(channel: string): ChannelRule {
    return this.configured(channel) ?? this.#default;
  }

  /** The rule of the most exact pattern, if the operator gave one. */
  configured(channel: string): ChannelRule | undefined {
    return this.#byPattern.get(channel);
  }
}
