/** Handlers for a broker under test: all it reports, in queues to wait on. */
import { Inbox } from "@tidewire/testkit";
import type {
  Broker,
  BrokerError,
  BrokerHandlers,
  Entry,
  Link,
  Position,
  PresenceHandlers,
  PresenceNotice,
  Publication,
  Result,
} from "../src/index.ts";

export interface Delivery {
  readonly channel: string;
  readonly publication: Publication;
}

/** What a followed channel tells. */
export type StreamEvent =
  | { readonly kind: "entry"; readonly channel: string; readonly entry: Entry }
  | { readonly kind: "gap"; readonly channel: string; readonly head: Position }
  | { readonly kind: "stray"; readonly channel: string };

/** What presence tells. */
export type PresenceEvent =
  | { readonly kind: "notice"; readonly channel: string; readonly notice: PresenceNotice }
  | { readonly kind: "reset" };

export class Observer implements BrokerHandlers {
  readonly deliveries = new Inbox<Delivery>();
  readonly links = new Inbox<Link>();

  readonly onPublication = (channel: string, publication: Publication): void => {
    // The broker only lends the payload.
    this.deliveries.push({
      channel,
      publication: { ...publication, payload: Buffer.from(publication.payload) },
    });
  };

  readonly stream = new Inbox<StreamEvent>();

  readonly onEntry = (channel: string, { position, publication }: Entry): void => {
    const payload = Buffer.from(publication.payload);
    this.stream.push({
      kind: "entry",
      channel,
      entry: { position, publication: { ...publication, payload } },
    });
  };

  readonly onStreamGap = (channel: string, head: Position): void => {
    this.stream.push({ kind: "gap", channel, head });
  };

  readonly onStray = (channel: string): void => {
    this.stream.push({ kind: "stray", channel });
  };

  readonly refusals = new Inbox<{ channel: string; error: BrokerError }>();

  readonly onChannelRefused = (channel: string, error: BrokerError): void => {
    this.refusals.push({ channel, error });
  };

  readonly notices = new Inbox<string>();

  readonly onNotice = (notice: string): void => {
    this.notices.push(notice);
  };

  readonly questions: string[] = [];
  /** What it answers; `undefined` for nothing. */
  answer: (question: string) => string | undefined = (question) => `heard: ${question}`;

  readonly onQuestion = (question: string): string | undefined => {
    this.questions.push(question);
    return this.answer(question);
  };

  readonly onLink = (link: Link): void => {
    this.links.push(link);
  };

  readonly presenceEvents = new Inbox<PresenceEvent>();
  readonly presenceRefusals = new Inbox<{ channel: string; error: BrokerError }>();
  readonly lostLeases = new Inbox<void>();

  readonly presence: PresenceHandlers = {
    onPresence: (channel, notice) => this.presenceEvents.push({ kind: "notice", channel, notice }),
    onPresenceReset: () => this.presenceEvents.push({ kind: "reset" }),
    onPresenceRefused: (channel, error) => this.presenceRefusals.push({ channel, error }),
    onLeaseLost: () => this.lostLeases.push(),
  };

  /** The next payload, as text. */
  async text(): Promise<string> {
    return (await this.deliveries.next()).publication.payload.toString();
  }

  /** What the followed channels tell next: payloads as text, or `gap`, or `stray`. */
  async told(count = 1): Promise<string[]> {
    const events = await this.stream.take(count);
    return events.map((event) => (event.kind === "entry" ? textOf(event.entry) : event.kind));
  }

  /** Waits until the link is in that state and returns it. */
  async untilLink(broker: Broker, state: Link["state"]): Promise<Link> {
    return broker.link.state === state ? broker.link : this.links.find((link) => link.state === state);
  }
}

export function text(payload: string): Publication {
  return { payload: Buffer.from(payload) };
}

export function textOf({ publication }: Entry): string {
  return publication.payload.toString();
}

/** What was answered, where no failure is expected. */
export function valueOf<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
