/** Opens and closes the panel “What is happening”, which is loaded when it is first wanted. */

import { lazy, Suspense, useState } from "react";
import type { Tidewire } from "@tidewire/sdk";
import { TidewireProvider } from "@tidewire/sdk/react";
import type { HappeningProps } from "./happening/happening.tsx";

const Happening = lazy(async () => ({ default: (await import("./happening/happening.tsx")).Happening }));

interface HappeningButtonProps extends HappeningProps {
  readonly client: Tidewire;
}

export function HappeningButton({ client, ...props }: HappeningButtonProps) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <button type="button" className="button" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
        What is happening
      </button>
      {isOpen && (
        <TidewireProvider client={client}>
          <Suspense fallback={<p>Loading…</p>}>
            <Happening {...props} />
          </Suspense>
        </TidewireProvider>
      )}
    </>
  );
}
