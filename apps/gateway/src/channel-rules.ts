/** The rules of channels, by pattern: the key `channels` of the configuration file. */
import type { Retention } from "@tidewire/broker";
import { PatternMap } from "@tidewire/protocol";
import ms from "ms";
import { z } from "zod";
import type { Limits } from "./limits.ts";

/** Shortest time for which publications can be kept. */
const MIN_TTL_MS = 1_000;

/** Who may do a thing; `named`: the users whose ids the channel's name lists behind the pattern's beginning. */
const Who = z.enum(["anyone", "named", "nobody"]);
export type Who = z.infer<typeof Who>;

/** What the application can be asked about. */
const ASKABLE = ["subscribe", "publish"] as const;
type Askable = (typeof ASKABLE)[number];

const Authorize = z.custom<true | readonly Askable[]>(
  (value) =>
    value === true ||
    (Array.isArray(value) && value.length > 0 && value.every((each) => ASKABLE.includes(each as Askable))),
  'must be true, or a list of "subscribe" and "publish"',
);

const Duration = z.string().transform((text, context) => {
  const value = /^\d.*[a-z]$/i.test(text) ? ms(text as ms.StringValue) : undefined;
  if (value !== undefined && Number.isInteger(value) && value >= MIN_TTL_MS) return value;
  context.addIssue('must be a time of a second or more, such as "1h"');
  return z.NEVER;
});

/** How long the publications of a stream channel are kept; what is not said is no bound. */
const History = z.strictObject({
  /** Most publications. */
  size: z.int().min(1).max(100_000_000).optional(),
  /** How long each, such as "1h" or "7d". */
  ttl: Duration.optional(),
});

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
  /** Whether clients are told who is there. */
  presence: z.boolean().default(false),
  /** Whether publications are kept, so that readers can come back to where they were. @default whether `history` is there */
  stream: z.boolean().optional(),
  /** How long they are kept. @default for ever; the broker's own bounds apart */
  history: History.optional(),
  /** Streams: whether what other programs `XADD` is noticed at once. Otherwise within seconds. @default false */
  tail: z.boolean().optional(),
  /** For what the application is asked, at `hooks.authorize`; `true` stands for both. @default nothing */
  authorize: Authorize.optional(),
});

export type ChannelRuleInput = z.infer<typeof ChannelRuleInput>;

/** How a stream channel is kept. */
export interface StreamRule {
  readonly retention: Retention;
  readonly isTailed: boolean;
}

export interface ChannelRule extends Omit<ChannelRuleInput, "stream" | "history" | "tail"> {
  /** Empty for the default. */
  readonly pattern: string;
  /** Absent for a live channel. */
  readonly stream: StreamRule | undefined;
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
      stream: streamRule(input),
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

/** Whether channels with this rule are kept. */
export function isStream(rule: ChannelRuleInput | undefined): boolean {
  return rule?.stream ?? (rule?.history !== undefined || rule?.tail === true);
}

function streamRule(input: ChannelRuleInput): StreamRule | undefined {
  if (!isStream(input)) return undefined;
  const { history, tail } = input;
  return { retention: { maxLength: history?.size, maxAgeMs: history?.ttl }, isTailed: tail ?? false };
}
