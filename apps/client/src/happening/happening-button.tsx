/** Shows the panel “What is happening”, and hides it. */

import type { Ref } from "react";
import { HappeningMark } from "../wave-mark.tsx";

interface HappeningButtonProps {
  readonly ref: Ref<HTMLButtonElement>;
  readonly isOpen: boolean;
  readonly onClick: () => void;
}

export function HappeningButton({ ref, isOpen, onClick }: HappeningButtonProps) {
  return (
    <button
      ref={ref}
      type="button"
      className="button small show-happening"
      aria-expanded={isOpen}
      onClick={onClick}
    >
      <HappeningMark />
      <span className="happening-words">What is happening</span>
    </button>
  );
}
