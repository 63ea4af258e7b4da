/** The option that lets the tabs of an origin share one connection. */
import type { Environment } from "../environment.ts";
import type { Share } from "../options.ts";
import { SharedSocket, type WorkerLike } from "./shared-socket.ts";

export interface ShareOptions {
  /**
   * Tabs that give the same name, and the same URL, share a connection and its sign-in: give the user's id where tabs of
   * one browser may belong to different users. @default all tabs share one
   */
  readonly as?: string;
  /** How long the worker may take to answer, its script's loading included. @default 3_000 // ms */
  readonly helloTimeoutMs?: number;
}

/**
 * For the option `share` of `connect`. Where the browser has no SharedWorker or no Web Locks (which want HTTPS or
 * localhost), where the worker can't be started, does not answer or is of another version, the client has a connection
 * of its own, as without this option.
 *
 * @param start starts the script `@tidewire/sdk/shared-worker`, the same for all tabs; called for every connection
 */
export function shareTabs(start: () => WorkerLike, options: ShareOptions = {}): Share {
  const { as = "", helloTimeoutMs = 3_000 } = options;
  return (environment) => {
    // Node.js may have no navigator.
    const { navigator } = globalThis as { readonly navigator?: Partial<Navigator> };
    const locks = navigator?.locks;
    let isUsable = locks !== undefined;
    const onUnusable = () => {
      isUsable = false;
    };
    const openSocket: Environment["openSocket"] = (url, subprotocol) => {
      const worker = isUsable ? startOrNot(start) : undefined;
      if (!worker || !locks) {
        onUnusable();
        return environment.openSocket(url, subprotocol);
      }
      const openOwn = () => environment.openSocket(url, subprotocol);
      return new SharedSocket({ worker, url, as, locks, helloTimeoutMs, environment, openOwn, onUnusable });
    };
    return { ...environment, openSocket };
  };
}

function startOrNot(start: () => WorkerLike): WorkerLike | undefined {
  try {
    return start();
  } catch {
    return undefined;
  }
}
