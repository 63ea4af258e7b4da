/** Copies a text, and where the browser forbids that, selects it for the person to copy. */

import { useEffect, useState, type RefObject } from "react";

interface CopyButtonProps {
  readonly text: string;
  /** What is copied, for those who do not see where the button stands. */
  readonly label: string;
  /** The element that shows the text. */
  readonly source: RefObject<HTMLElement | null>;
}

type Outcome = "none" | "copied" | "selected";

const words: Record<Outcome, string> = {
  none: "",
  copied: "Copied",
  selected: "Press Ctrl or ⌘ + C",
};
const SHOWN_MS = 2_500;

export function CopyButton({ text, label, source }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<Outcome>("none");
  useEffect(() => {
    if (outcome === "none") return undefined;
    const timer = setTimeout(() => setOutcome("none"), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);

  const copy = async () => {
    try {
      // Absent where the page is not served securely, whatever its type says: that throws too.
      await navigator.clipboard.writeText(text);
      setOutcome("copied");
    } catch {
      if (source.current !== null) getSelection()?.selectAllChildren(source.current);
      setOutcome("selected");
    }
  };

  return (
    <span className="copy">
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- not the result of a form */}
      <span className="copy-outcome" role="status">
        {words[outcome]}
      </span>
      <button
        type="button"
        className="button small"
        aria-label={`Copy: ${label}`}
        onClick={() => void copy()}
      >
        Copy
      </button>
    </span>
  );
}
