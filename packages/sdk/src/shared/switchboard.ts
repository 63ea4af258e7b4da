/** In the worker: which tab is on which connection. */
import type { Environment } from "../environment.ts";
import { type FromTab, type FromWorker, PORT_VERSION } from "./port-messages.ts";
import { SharedConnection } from "./shared-connection.ts";
import { hold, type Locks, onRelease } from "./sign-of-life.ts";
import { Tab } from "./tab.ts";

export class Switchboard {
  readonly #environment: Environment;
  readonly #locks: Locks;
  readonly #lock: string;
  readonly #held: Promise<void>;
  readonly #connections = new Map<string, SharedConnection>();

  constructor(environment: Environment, locks: Locks) {
    this.#environment = environment;
    this.#locks = locks;
    this.#lock = `tidewire-worker-${environment.newKey()}`;
    this.#held = hold(locks, this.#lock);
  }

  /** A tab has come, and says next what it wants. */
  admit(port: MessagePort): void {
    const begin = () => {
      port.addEventListener("message", ({ data }) => this.#open(port, data as FromTab), { once: true });
      port.start();
    };
    // Without locks nobody is answered, and the tab has a connection of its own.
    this.#held.then(begin, () => port.close());
  }

  #open(port: MessagePort, message: FromTab): void {
    if (message.kind !== "open" || message.version !== PORT_VERSION) {
      port.postMessage({ kind: "refused" } satisfies FromWorker);
      return port.close();
    }
    const { url, as, lock } = message;
    const connection = this.#connect(url, as);
    const tab = new Tab(port, this.#lock, {
      onRequest: (request) => connection.take(tab, request),
      onEnd: () => connection.remove(tab),
    });
    connection.add(tab);
    // Ports do not tell of their other end.
    onRelease(this.#locks, lock, tab.signal, () => tab.end());
  }

  #connect(url: string, as: string): SharedConnection {
    const name = JSON.stringify([url, as]);
    const known = this.#connections.get(name);
    if (known) return known;
    const connection: SharedConnection = new SharedConnection(url, this.#environment, () => {
      if (this.#connections.get(name) === connection) this.#connections.delete(name);
    });
    this.#connections.set(name, connection);
    return connection;
  }
}
