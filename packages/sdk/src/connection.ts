/**
 * Keeps a client connected: carries out what the table says, and knows when to come back, and with which token.
 *
 * Invariant: one socket, and one timer of each kind, at most; none once it is stopped or closed.
 */
import { type Connected, type Push, V1_SUBPROTOCOL } from "@tidewire/protocol";
import { backoffMs } from "./backoff.ts";
import { closeVerdict } from "./close-verdict.ts";
import { type ConnectionEvent, type Holding, type Status, transition } from "./connection-table.ts";
import type { ConnectionState } from "./connection-state.ts";
import { Credentials } from "./credentials.ts";
import type { Environment, SocketLike } from "./environment.ts";
import type { ConnectOptions, Limits } from "./options.ts";
import { Session } from "./session.ts";
import { TidewireError } from "./tidewire-error.ts";
import { Wire } from "./wire.ts";

/** What a gateway says of one channel. */
export type ChannelPush = Extract<Push, { readonly channel: string }>;

export interface ConnectionHandlers {
  /** Not called for a state of the same kind as the one before. */
  onState(state: ConnectionState): void;
  /** From now on, and until {@link onPause}, requests can be made on this wire. */
  onSession(wire: Wire): void;
  onPush(push: ChannelPush): void;
  onPause(): void;
  /** There will be no session any more. The last call, but for {@link onState}. */
  onEnd(reason: TidewireError): void;
}

export interface ConnectionParts {
  readonly url: string;
  readonly options: ConnectOptions;
  readonly limits: Limits;
  readonly environment: Environment;
  readonly handlers: ConnectionHandlers;
}

export class Connection {
  readonly #parts: ConnectionParts;
  readonly #credentials: Credentials;
  /** What ends each thing that is held. */
  readonly #held = new Map<Holding, () => void>();
  readonly #events: ConnectionEvent[] = [];
  #isStepping = false;
  #status: Status = "idle";
  #state: ConnectionState = { kind: "connecting" };
  #reason = new TidewireError("offline", "There is no connection.", { retry: true });
  #token: string | undefined;
  #wire: Wire | undefined;
  #connected: Connected | undefined;
  #session: Session | undefined;
  #failures = 0;
  #comeBackAtMs: number | undefined;
  #retryInMs = 0;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#credentials = new Credentials(parts.options, parts.limits, parts.environment);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  begin(): void {
    this.#dispatch("begin");
  }

  /** The wait for the next try is over, if there is one. */
  retryNow(): void {
    this.#dispatch("due");
  }

  /** Nothing comes any more, and nothing of it is left. */
  close(): void {
    if (this.#status === "closed") return;
    this.#reason = new TidewireError("closed", "The client was closed.");
    this.#dispatch("close");
  }

  /** Gives this connection up, and comes back on another. */
  drop(message: string): void {
    this.#fail("lost", new TidewireError("connection_lost", message, { retry: true }));
  }

  /** One event after the other, also those that the effects of one bring about. */
  #dispatch(event: ConnectionEvent): void {
    this.#events.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    for (let next = this.#events.shift(); next; next = this.#events.shift()) this.#step(next);
    this.#isStepping = false;
  }

  #step(event: ConnectionEvent): void {
    const { next, ends, begins, isProbe } = transition(this.#status, event);
    this.#status = next;
    for (const holding of ends) {
      this.#held.get(holding)?.();
      this.#held.delete(holding);
    }
    for (const holding of begins) this.#held.set(holding, this.#begin[holding]());
    if (isProbe) this.#session?.probe();
    const state = this.#read();
    if (state.kind === this.#state.kind) return;
    this.#state = state;
    this.#parts.handlers.onState(state);
  }

  /** For each thing that can be held, how it begins. The result ends it. */
  readonly #begin: Readonly<Record<Holding, () => () => void>> = {
    work: () => () => this.#parts.handlers.onEnd(this.#reason),
    surroundings: () => this.#parts.environment.onWake((wake) => this.#dispatch(wake)),
    token: () => this.#beginToken(),
    deadline: () =>
      this.#after(this.#parts.limits.connectTimeoutMs, () => this.drop("The gateway did not answer.")),
    socket: () => this.#beginSocket(),
    greeting: () => this.#beginGreeting(),
    session: () => this.#beginSession(),
    retry: () => this.#after(this.#planRetry(), () => this.#dispatch("due")),
  };

  #beginToken(): () => void {
    return this.#credentials.present({
      onToken: (token) => {
        this.#token = token;
        this.#dispatch("prepared");
      },
      onFailure: (reason) => this.#fail("lost", reason),
    });
  }

  #beginSocket(): () => void {
    let socket: SocketLike;
    try {
      socket = this.#parts.environment.openSocket(this.#parts.url, V1_SUBPROTOCOL);
    } catch (cause) {
      this.#fail("refused", new TidewireError("refused", "This URL can't be opened.", { cause }));
      return () => {};
    }
    const wire = new Wire(socket, {
      onOpen: () => this.#dispatch("opened"),
      onHeard: () => this.#session?.hear(),
      onPush: (push) => this.#take(push),
      onClose: (code, text) => this.#judge(code, text),
    });
    this.#wire = wire;
    return () => wire.end();
  }

  #beginGreeting(): () => void {
    const token = this.#token;
    const write = (id: number) => JSON.stringify({ type: "connect", id, token });
    this.#wire?.request("connected", write, (reply) => {
      if (reply.type === "error") {
        const { code, message, retry } = reply;
        return this.#fail(retry ? "lost" : "refused", new TidewireError(code, message, { retry }));
      }
      this.#credentials.accept(token, reply.expiresInMs);
      this.#connected = reply;
      this.#dispatch("welcomed");
    });
    return () => {};
  }

  #beginSession(): () => void {
    const { limits, environment, handlers } = this.#parts;
    const [wire, connected] = [this.#wire, this.#connected];
    if (!wire || !connected) return () => {};
    const onSilence = () => this.drop("The gateway did not answer.");
    const credentials = this.#credentials;
    const session = new Session({ wire, connected, credentials, environment, limits, onSilence });
    this.#session = session;
    handlers.onSession(wire);
    return () => {
      if (session.isSteady) this.#failures = 0;
      this.#session = undefined;
      session.end();
      handlers.onPause();
    };
  }

  #take(push: Push): void {
    // Before `connected` no gateway says anything.
    if (!this.#session) return;
    if ("channel" in push) return this.#parts.handlers.onPush(push);
    switch (push.type) {
      case "leaving":
        this.#comeBackAtMs = this.#parts.environment.nowMs() + push.reconnectMs;
        return;
      case "expiring":
        return this.#session?.refresh();
      default:
        push satisfies never;
    }
  }

  #judge(closeCode: number, text: string): void {
    const { next, isTokenOver, reason } = closeVerdict(closeCode, text, this.#credentials.mayRenew);
    if (isTokenOver) this.#credentials.deny();
    this.#fail(next, reason);
  }

  /** A wait that the gateway has chosen spreads its clients already; one who has failed before waits longer. */
  #planRetry(): number {
    const { limits, environment } = this.#parts;
    const advisedMs = this.#comeBackAtMs && Math.max(0, this.#comeBackAtMs - environment.nowMs());
    this.#comeBackAtMs = undefined;
    const ownMs =
      advisedMs === undefined || this.#failures > 0
        ? backoffMs(this.#failures, limits, () => environment.random())
        : 0;
    this.#failures += 1;
    this.#retryInMs = Math.round(Math.min(limits.maxBackoffMs, Math.max(ownMs, advisedMs ?? 0)));
    return this.#retryInMs;
  }

  #after(delayMs: number, callback: () => void): () => void {
    return this.#parts.environment.after(delayMs, callback);
  }

  #fail(event: "lost" | "refused", reason: TidewireError): void {
    this.#reason = reason;
    this.#dispatch(event);
  }

  #read(): ConnectionState {
    if (this.#session) return { kind: "connected", connection: this.#session.facts };
    switch (this.#status) {
      case "waiting":
        return { kind: "waiting", retryInMs: this.#retryInMs, reason: this.#reason };
      case "stopped":
        return { kind: "stopped", reason: this.#reason };
      case "closed":
        return { kind: "closed" };
      case "idle":
      case "preparing":
      case "opening":
      case "greeting":
      case "connected":
        return { kind: "connecting" };
      default:
        return this.#status satisfies never;
    }
  }
}
