/**
 * What a tab and the worker say to each other over a port, which stands for one WebSocket: frames of `tidewire.v1` both
 * ways, and what a socket does beside them.
 */

/** Of what is said here. A worker that speaks another is not used. */
export const PORT_VERSION = 1;

export type FromTab =
  | {
      readonly kind: "open";
      readonly version: number;
      readonly url: string;
      /** Tabs that give the same share a connection. */
      readonly as: string;
      /** The name of a Web Lock that the tab holds for as long as it lives. */
      readonly lock: string;
    }
  | { readonly kind: "frame"; readonly text: string }
  /** That much of what was sent has arrived. */
  | { readonly kind: "heard"; readonly length: number }
  | { readonly kind: "close" };

export type FromWorker =
  /** `lock`: that of the worker, as that of the tab. */
  | { readonly kind: "opened"; readonly lock: string }
  /** The worker speaks another version. */
  | { readonly kind: "refused" }
  | { readonly kind: "frame"; readonly text: string }
  | { readonly kind: "close"; readonly code: number; readonly reason: string };
