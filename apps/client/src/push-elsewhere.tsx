/** A panel with the ways to push to this channel that do not go through this page. */

import { useRef, type ToggleEvent } from "react";
import { CopyButton } from "./copy-button.tsx";
import { pushCommands, type PushCommand, type PushTarget } from "./push-commands.ts";

export function PushElsewhere({ target }: { readonly target: PushTarget }) {
  return (
    <details className="elsewhere" onToggle={bringIntoView}>
      <summary>
        <h2>Push from elsewhere</h2>
      </summary>
      <ul className="commands">
        {pushCommands(target).map((command) => (
          <Command key={command.title} command={command} />
        ))}
      </ul>
    </details>
  );
}

function bringIntoView(event: ToggleEvent<HTMLDetailsElement>): void {
  // It opens below the fold; without this it would seem that nothing had happened.
  if (event.currentTarget.open) event.currentTarget.scrollIntoView({ block: "nearest" });
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
      <pre>
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
