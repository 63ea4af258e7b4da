/**
 * What a client may do in the end: what rules and grants allow, and the application does not forbid.
 *
 * Invariant: the application is asked only about what is allowed otherwise, so its yes adds nothing.
 */
import type { Refusal } from "@tidewire/protocol";
import type { ChannelRules } from "./channel-rules.ts";
import { Hooks, type HooksOptions, type Question, type Verdict } from "./hooks.ts";
import type { HooksConfig } from "./hook-config.ts";
import type { Identity } from "./identity.ts";
import type { Action, Permissions } from "./permissions.ts";

/** Why not; `undefined` when it is allowed. */
export type Decision = Refusal | undefined;
/** A promise only where the application has to be asked. */
export type Answer = Decision | Promise<Decision>;

const FORBIDDEN: Refusal = { code: "forbidden", message: "The application does not allow it." };
const NOT_ASKED: Refusal = { code: "unavailable", message: "The application could not be asked." };

export interface AuthorityOptions extends Omit<HooksOptions, "config"> {
  readonly permissions: Permissions;
  readonly rules: ChannelRules;
  /** Absent when no application is asked. */
  readonly config: HooksConfig | undefined;
}

export class Authority {
  readonly #permissions: Permissions;
  readonly #rules: ChannelRules;
  readonly #hooks: Hooks | undefined;

  constructor({ permissions, rules, config, ...rest }: AuthorityOptions) {
    this.#permissions = permissions;
    this.#rules = rules;
    this.#hooks = config && new Hooks({ ...rest, config });
  }

  /** What is known without the application. When it is yes, {@link ask} has the last word. */
  mayDo(action: Action, channel: string, identity: Identity | undefined): boolean {
    return this.#permissions.mayDo(action, channel, identity);
  }

  /** What the application says of something that {@link mayDo} allows. */
  ask(action: Action, channel: string, identity: Identity | undefined): Answer {
    return this.#hooks && this.isAskedFor(action, channel)
      ? decide(this.#hooks, { event: action, ...userOf(identity), channel })
      : undefined;
  }

  /** What the application says of a client that has come, and signed in where clients do. */
  askToConnect(protocol: "plain" | "v1" | "events", identity: Identity | undefined): Answer {
    return this.#hooks && decide(this.#hooks, { event: "connect", ...userOf(identity), protocol });
  }

  /** Whether the rule of the channel wants the application to be asked. */
  isAskedFor(action: Action, channel: string): boolean {
    return this.#rules.of(channel).asksFor.includes(action);
  }

  /** Settles when the questions that are under way now are answered and acted upon. */
  async settled(): Promise<void> {
    await this.#hooks?.settled();
  }
}

function decide(hooks: Hooks, question: Question): Answer {
  const verdict = hooks.ask(question);
  return typeof verdict === "string" ? decisionOf(verdict) : verdict.then(decisionOf);
}

function decisionOf(verdict: Verdict): Decision {
  switch (verdict) {
    case "allowed":
      return undefined;
    case "forbidden":
      return FORBIDDEN;
    case "failed":
      return NOT_ASKED;
    default:
      return verdict satisfies never;
  }
}

function userOf(identity: Identity | undefined): { readonly user?: string } {
  return identity ? { user: identity.user } : {};
}
