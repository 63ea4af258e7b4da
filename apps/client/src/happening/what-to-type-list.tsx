/** Snippets to copy, out of the way until somebody wants them. */

import type { PushCommand } from "../outside/push-commands.ts";
import { Command } from "../outside/push-elsewhere.tsx";

export function WhatToType({ commands }: { readonly commands: readonly PushCommand[] }) {
  return (
    <details className="what-to-type">
      <summary>What to type elsewhere</summary>
      <ul className="commands">
        {commands.map((command) => (
          <Command key={command.title} command={command} />
        ))}
      </ul>
    </details>
  );
}
