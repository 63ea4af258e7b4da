/** The head of the page: what it is, and whether it is connected. */

import type { ReactNode } from "react";
import { useTidewire } from "@tidewire/sdk/react";
import { ConnectionStatus } from "./connection/connection-status.tsx";
import { usePage } from "./page-context.ts";
import { WaveMark } from "./wave-mark.tsx";

interface TopBarProps {
  readonly onConnectAgain: () => void;
  readonly children: ReactNode;
}

export function TopBar({ onConnectAgain, children }: TopBarProps) {
  const client = useTidewire();
  const { outlook, connection } = usePage();
  return (
    <header className="top">
      <h1 className="brand">
        <WaveMark />
        <span className="brand-word">Tidewire</span>
      </h1>
      <ConnectionStatus
        outlook={outlook}
        text={connection}
        onTryNow={() => client.retryNow()}
        onConnectAgain={onConnectAgain}
      />
      {children}
      <div className="tide" data-tone={connection.tone} aria-hidden="true" />
    </header>
  );
}
