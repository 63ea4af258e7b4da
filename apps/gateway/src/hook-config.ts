/** The application that is asked: the key `hooks` of the configuration file, and what the environment adds. */
import { z } from "zod";
import type { ChannelRuleInput } from "./channel-rules.ts";

/** How long an application may take, and may be given, in milliseconds. */
const DEFAULT_TIMEOUT_MS = 2_000;
const MAX_TIMEOUT_MS = 60_000;

// Anything else can't be said in an Authorization header.
const SPEAKABLE = /^[!-~]+$/;

// The log and `fetch` know nothing of users and passwords in URLs; the secret is for that.
const HookUrl = z.string().refine(
  (text) => {
    const url = URL.parse(text);
    return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
  },
  { message: "must be an http or https URL without a user or a password" },
);

export const HooksInput = z
  .strictObject({
    /** Asked whether a client that has signed in, or where nobody does has connected, may stay. */
    connect: HookUrl,
    /** Asked where the rule of a channel says so. */
    authorize: HookUrl,
    /** Goes with each question as `Authorization: Bearer`. */
    secret: z.string().regex(SPEAKABLE, "must be ASCII without white space"),
    /** For one answer, in milliseconds. @default 2000 */
    timeoutMs: z.int().min(1).max(MAX_TIMEOUT_MS),
  })
  .partial();

export type HooksInput = z.infer<typeof HooksInput>;

export interface HooksConfig {
  readonly connect: string | undefined;
  readonly authorize: string | undefined;
  readonly secret: string | undefined;
  readonly timeoutMs: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `undefined` when no application is asked. */
export function readHooks(
  { hooks = {}, channels = {} }: FileParts,
  env: Environment,
  faults: string[],
): HooksConfig | undefined {
  const { connect, authorize, timeoutMs = DEFAULT_TIMEOUT_MS } = hooks;
  for (const [pattern, rule] of Object.entries(channels)) {
    if (rule.authorize && authorize === undefined)
      faults.push(`channels: "${pattern}": authorize needs a URL, hooks.authorize`);
  }
  const secret = env["HOOK_SECRET"] || hooks.secret || undefined;
  if (secret !== undefined && !SPEAKABLE.test(secret))
    faults.push("HOOK_SECRET must be ASCII without white space");
  if (connect === undefined && authorize === undefined) {
    if (Object.keys(hooks).length > 0) faults.push("hooks needs a URL: connect or authorize");
    return undefined;
  }
  return { connect, authorize, secret, timeoutMs };
}

interface FileParts {
  readonly hooks?: HooksInput | undefined;
  readonly channels?: Readonly<Record<string, ChannelRuleInput>> | undefined;
}
