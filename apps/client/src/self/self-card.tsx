/** Who one is here, and what that is worth. */

import { useRef, useState } from "react";
import { usePage } from "../page-context.ts";
import { NameForm } from "./name-form.tsx";
import { shortId } from "./self.ts";

export function SelfCard() {
  const { self, isKnown, rename } = usePage();
  const [isEditing, setIsEditing] = useState(false);
  const change = useRef<HTMLButtonElement>(null);
  const done = () => {
    setIsEditing(false);
    // Once it is there again.
    setTimeout(() => change.current?.focus());
  };
  return (
    <section className="self-card" aria-label="You">
      {isEditing ? (
        <NameForm
          isFirst={false}
          suggestion={self.name}
          onChoose={(name) => {
            rename(name);
            done();
          }}
          onCancel={done}
        />
      ) : (
        <p className="self-line">
          <span>
            You are <b>{self.name}</b>{" "}
            {self.name !== self.user && <span className="tag">{self.user ?? shortId(self.id)}</span>}
          </span>
          <button
            ref={change}
            type="button"
            className="button small quiet"
            aria-label="Change your name"
            onClick={() => setIsEditing(true)}
          >
            Change
          </button>
        </p>
      )}
      {isKnown && (
        <p className="aside-note">
          {self.user === undefined
            ? "Nobody signs in here, so names are only claims."
            : "Signed in: a ✓ stands beside verified ids. Names are chosen freely."}
        </p>
      )}
    </section>
  );
}
