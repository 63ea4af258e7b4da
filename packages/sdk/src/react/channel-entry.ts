/** What a channel shows, in its order: messages, and what is to be said between them. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { ANY_FORM, type Fitting, type Form, schemaForm } from "../fitting.ts";
import type { Gap, Invalid, Message } from "../message.ts";

interface Keyed {
  /** Names the entry within its list for as long as it is there: a `key` for React. */
  readonly key: number;
}

export interface MessageEntry<Received = Message> extends Keyed {
  readonly kind: "message";
  readonly message: Received;
}

/** Messages may be missing at this place. */
export interface GapEntry extends Keyed {
  readonly kind: "gap";
  readonly gap: Gap;
}

/** A message that does not fit the schema of the channel. */
export interface InvalidEntry extends Keyed {
  readonly kind: "invalid";
  readonly invalid: Invalid;
}

export type ChannelEntry<Received = Message> = MessageEntry<Received> | GapEntry | InvalidEntry;

/** As it came, before a schema has looked at it. */
export type RawEntry = MessageEntry | GapEntry;

/** Reads messages by one schema, each of them once: what it gives for the same entry is the same object. */
export class Reading<Received> {
  readonly #form: Form<Received>;
  readonly #fittings = new WeakMap<Message, Fitting<Received>>();
  readonly #entries = new WeakMap<RawEntry, ChannelEntry<Received>>();

  constructor(form: Form<Received>) {
    this.#form = form;
  }

  fit(message: Message): Fitting<Received> {
    const known = this.#fittings.get(message);
    if (known) return known;
    const fitting = this.#form.read(message);
    this.#fittings.set(message, fitting);
    return fitting;
  }

  read(raw: RawEntry): ChannelEntry<Received> {
    const known = this.#entries.get(raw);
    if (known) return known;
    const entry = this.#create(raw);
    this.#entries.set(raw, entry);
    return entry;
  }

  #create(raw: RawEntry): ChannelEntry<Received> {
    if (raw.kind === "gap") return raw;
    const { key } = raw;
    const { message, invalid } = this.fit(raw.message);
    return invalid ? { kind: "invalid", key, invalid } : { kind: "message", key, message };
  }
}

const ANY_READING = new Reading(ANY_FORM);
const readings = new WeakMap<StandardSchemaV1, Reading<unknown>>();

/** One for each schema, so that components that share it share the work. */
export function readingOf(schema: StandardSchemaV1 | undefined): Reading<unknown> {
  if (!schema) return ANY_READING;
  const known = readings.get(schema);
  if (known) return known;
  const reading = new Reading<unknown>(schemaForm(schema));
  readings.set(schema, reading);
  return reading;
}
