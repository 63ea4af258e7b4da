/** The client for all components below: the application's own, or one that lives as long as the provider. */
import {
  createContext,
  createElement,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useState,
} from "react";
import { openLink } from "../connect.ts";
import type { ConnectOptions } from "../options.ts";
import { Tidewire } from "../tidewire.ts";
import { DeferredLink } from "./deferred-link.ts";
import { useLatest } from "./use-latest.ts";

interface Children {
  readonly children?: ReactNode;
}

/** The application makes the client, and closes it. */
export interface GivenClientProps extends Children {
  readonly client: Tidewire;
  readonly url?: never;
  readonly options?: never;
}

/** The provider makes a client when it is mounted, and closes it when it is not any more. */
export interface OwnClientProps extends Children {
  /** As for `connect`. Another one makes another client. What is no URL throws when it is mounted. */
  readonly url: string | URL;
  /** As for `connect`. They are read when the client is made; others given later change nothing. */
  readonly options?: ConnectOptions | undefined;
  readonly client?: never;
}

export type TidewireProviderProps = GivenClientProps | OwnClientProps;

const ClientContext = createContext<Tidewire | undefined>(undefined);

export function TidewireProvider(props: TidewireProviderProps): ReactNode {
  if (props.client === undefined) return createElement(OwnClientProvider, props);
  return createElement(ClientContext.Provider, { value: props.client }, props.children);
}

/**
 * The client of the nearest provider above. While rendering, read its `state` at most: all else is for effects and
 * events.
 *
 * @throws Error where there is none
 */
export function useTidewire(): Tidewire {
  const client = useContext(ClientContext);
  if (!client) throw new Error("There is no <TidewireProvider> above this component.");
  return client;
}

function OwnClientProvider({ url, options = {}, children }: OwnClientProps): ReactNode {
  const href = String(url);
  const latest = useLatest(options);
  const create = useCallback(() => createOwn(href, () => latest.current), [href, latest]);
  const [own, setOwn] = useState(create);
  if (own.href !== href) setOwn(create());
  const { link } = own;
  useEffect(() => {
    link.hold();
    // What was hidden only, as by <Activity>, may be shown again, and needs another then.
    return () => link.release(() => setOwn((now) => (now.link === link ? create() : now)));
  }, [link, create]);
  return createElement(ClientContext.Provider, { value: own.client }, children);
}

function createOwn(href: string, options: () => ConnectOptions) {
  const link = new DeferredLink(() => openLink(href, options()));
  return { href, link, client: new Tidewire(link) };
}
