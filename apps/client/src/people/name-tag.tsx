/** The name of a person, never without what tells them from another of the same name. */

import { useContext } from "react";
import { PageContext } from "../page-context.ts";
import { shortId } from "../self/self.ts";

interface NameTagProps {
  readonly person: {
    readonly key: string;
    readonly id: string | undefined;
    readonly name: string;
    readonly isVerified: boolean;
  };
  /** Somebody else here has the same name. */
  readonly hasTwin: boolean;
}

const HUES = 6;

export function NameTag({ person, hasTwin }: NameTagProps) {
  const { key, id, name, isVerified } = person;
  // Where people sign in, somebody without that is worth a word.
  const isSignInUsual = useContext(PageContext)?.self.user !== undefined;
  return (
    <span className="name-tag" data-hue={hueOf(key)}>
      <b className="name" dir="auto">
        {name}
      </b>
      {isVerified ? (
        <span className="tag verified" title="Signed in: the gateway has verified this user id.">
          {name === id ? "✓" : `✓ ${id}`}
          <span className="visually-hidden"> verified user</span>
        </span>
      ) : (
        <>
          {hasTwin && id !== undefined && <span className="tag">{shortId(id)}</span>}
          {isSignInUsual && <span className="tag doubtful">not verified</span>}
        </>
      )}
    </span>
  );
}

/** A colour of the palette, the same for one person everywhere. */
function hueOf(key: string): number {
  let sum = 0;
  for (const character of key) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003;
  return sum % HUES;
}
