/** A panel with the ways to push to this channel that do not go through this page. */

import { useRef } from "react";
import { CopyButton } from "./copy-button.tsx";
import { pushCommands, type PushCommand, type PushTarget } from "./push-commands.ts";

interface PushElsewhereProps {
  readonly target: PushTarget;
  /** At the beginning. */
  readonly isOpen: boolean;
}

export function PushElsewhere({ target, isOpen }: PushElsewhereProps) {
  return (
    <details className="elsewhere" open={isOpen}>
      <summary>
        <h2>Push from outside</h2>
      </summary>
      <ul className="commands">
        {pushCommands(target).map((command) => (
          <Command key={command.title} command={command} />
        ))}
      </ul>
    </details>
  );
}

export function Command({ command }: { readonly command: PushCommand }) {
  const code = useRef<HTMLElement>(null);
  return (
    <li className="command">
      <div className="command-head">
        <h3>{command.title}</h3>
        <CopyButton text={command.code} label={command.title} source={code} />
      </div>
      {command.note !== undefined && <p>{withCode(command.note)}</p>}
      {/* What scrolls must take the focus, or the keyboard alone could not scroll it. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0}>
        <code ref={code}>{command.code}</code>
      </pre>
    </li>
  );
}

function withCode(note: string) {
  const [before, code, after] = note.split("`");
  return (
    <>
      {before}
      {code !== undefined && <code>{code}</code>}
      {after}
    </>
  );
}
