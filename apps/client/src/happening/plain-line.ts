/** A bare WebSocket to the gateway, as a browser's console opens it, with what passes. */

import { PLAIN_SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX } from "@tidewire/protocol";
import { hexPreview } from "../chat/hex-preview.ts";
import { type Frame, FrameLog } from "./frame-log.ts";
import { PacedStore } from "./paced-store.ts";

export type PlainState =
  | { readonly kind: "opening" }
  | { readonly kind: "open" }
  /** `text` says why, as far as that is known. */
  | { readonly kind: "closed"; readonly text: string };

export interface PlainView {
  readonly state: PlainState;
  readonly frames: readonly Frame[];
}

export class PlainLine {
  readonly #url: string;
  readonly #frames = new FrameLog();
  readonly #store: PacedStore<PlainView>;
  #socket: WebSocket | undefined;
  #listening = new AbortController();
  #state: PlainState = { kind: "opening" };
  #beganAtMs = 0;

  constructor(url: string) {
    this.#url = url;
    this.#store = new PacedStore(() => ({ state: this.#state, frames: this.#frames.read() }));
  }

  readonly subscribe = (listener: () => void): (() => void) => this.#store.subscribe(listener);

  readonly getSnapshot = (): PlainView => this.#store.getSnapshot();

  /** Opens a WebSocket, in the place of the one before. */
  open(token: string | undefined): void {
    this.close();
    this.#state = { kind: "opening" };
    this.#beganAtMs = performance.now();
    try {
      this.#listenTo(this.#connect(token));
    } catch {
      this.#end("It can't be opened: the token or the address does not allow it.");
    }
    this.#store.change();
  }

  /** @returns whether it went out */
  send(text: string): boolean {
    if (this.#state.kind !== "open") return false;
    this.#add("sent", text);
    this.#socket?.send(text);
    return true;
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#listening.abort();
    if (socket === undefined || this.#state.kind === "closed") return;
    this.#end("by this page");
    // Closed before it is open, it would be complained about in the console.
    if (socket.readyState === WebSocket.CONNECTING) socket.addEventListener("open", () => socket.close());
    else socket.close();
  }

  #connect(token: string | undefined): WebSocket {
    if (token === undefined) return new WebSocket(this.#url);
    // Not in the address, which others may write down.
    return new WebSocket(this.#url, [PLAIN_SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + token]);
  }

  #listenTo(socket: WebSocket): void {
    this.#socket = socket;
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => this.#begin(), { signal });
    socket.addEventListener("message", ({ data }) => this.#take(data), { signal });
    socket.addEventListener("close", ({ code, reason }) => this.#end(`${code} ${reason}`.trim()), { signal });
  }

  #begin(): void {
    this.#state = { kind: "open" };
    this.#beganAtMs = performance.now();
    this.#note("opened", "");
  }

  #take(data: unknown): void {
    if (typeof data === "string") this.#add("received", data);
    else this.#addBinary(new Uint8Array(data as ArrayBuffer));
  }

  #end(text: string): void {
    this.#state = { kind: "closed", text };
    this.#note("closed", text);
  }

  #note(kind: "opened" | "closed", text: string): void {
    this.#frames.add({ kind, text, sinceMs: this.#sinceMs(), sizeBytes: 0 });
    this.#store.change();
  }

  #add(kind: "received" | "sent", text: string): void {
    this.#frames.add({ kind, text, sinceMs: this.#sinceMs() });
    this.#store.change();
  }

  #addBinary(bytes: Uint8Array): void {
    const facts = { text: hexPreview(bytes), sizeBytes: bytes.length, isBinary: true };
    this.#frames.add({ kind: "received", sinceMs: this.#sinceMs(), ...facts });
    this.#store.change();
  }

  #sinceMs(): number {
    return performance.now() - this.#beganAtMs;
  }
}
