/**
 * One stream of server-sent events: an HTTP answer whose body goes on, written straight to its socket.
 *
 * Invariant: whole events only, each write in one piece; and whoever says anything more on the connection is cut off.
 *
 * The body ends with the connection (`Connection: close`, no Transfer-Encoding; RFC 9112, section 6.3), and is not in
 * chunks: so what is written is the same for all readers, also those of HTTP/1.0, and a goodbye needs no last chunk. A
 * body that was cut looks like one that has ended, which makes no difference to events: one that is not whole is dropped.
 */
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { CloseCode } from "@tidewire/protocol";
import { type ConnectionOptions, SocketConnection } from "./connection.ts";

/** A line that readers pass over. */
const COMMENT = Buffer.from(":\n\n");

const HEADERS: OutgoingHttpHeaders = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  connection: "close",
  "x-content-type-options": "nosniff",
  // For nginx, which would keep back what it takes for the beginning of a page.
  "x-accel-buffering": "no",
};

/** Answers with the headers; from then on the socket belongs to the events. */
export function openEvents(response: ServerResponse, headers: OutgoingHttpHeaders): void {
  response.removeHeader("transfer-encoding");
  response.writeHead(200, { ...HEADERS, ...headers });
  response.flushHeaders();
}

export interface EventConnectionOptions extends ConnectionOptions {
  /** Opened by {@link openEvents}, on `socket`. */
  readonly response: ServerResponse;
  /** How long what was written may take to leave after a close, in milliseconds. */
  readonly closeTimeoutMs: number;
}

export class EventConnection extends SocketConnection {
  readonly #response: ServerResponse;
  readonly #closeTimeoutMs: number;
  #ownCode: number | undefined;
  #hasLeft = false;
  #closing: NodeJS.Timeout | undefined;
  /** What had gone at the last beat, and whether anything waited to be sent. */
  #bytesFlushed = 0;
  #wasOwing = false;

  constructor(options: EventConnectionOptions) {
    super(options);
    const { socket } = options;
    this.#response = options.response;
    this.#closeTimeoutMs = options.closeTimeoutMs;
    // Before the HTTP parser, which would answer into the events.
    socket.prependListener("data", () => this.terminate());
    socket.once("end", () => {
      this.#hasLeft = true;
      this.terminate();
    });
    socket.once("close", () => {
      clearTimeout(this.#closing);
      this.end(this.#ownCode ?? (this.#hasLeft ? "client" : "lost"));
    });
  }

  override close({ code }: CloseCode): void {
    if (!this.isWritable) return;
    this.isWritable = false;
    this.#ownCode = code;
    this.#response.end();
    this.#closing = setTimeout(() => this.terminate(), this.#closeTimeoutMs).unref();
  }

  /**
   * A reader says nothing, so one that is gone shows by what it does not take. The comment comes with every beat at which
   * nothing waits, not only after a silence: so no silence is longer than the interval, as proxies want it.
   */
  override beat(): void {
    const { socket } = this;
    const { bytesWritten, writableLength } = socket;
    const bytesFlushed = bytesWritten - writableLength;
    const isOwing = writableLength > 0;
    if (isOwing && this.#wasOwing && bytesFlushed === this.#bytesFlushed) return this.stall();
    this.#bytesFlushed = bytesFlushed;
    this.#wasOwing = isOwing;
    if (!isOwing) this.write(COMMENT);
  }

  override terminate(): void {
    this.isWritable = false;
    this.socket.destroy();
  }

  /** Nothing is read anyway. */
  override pause(): void {}

  override resume(): void {}
}
