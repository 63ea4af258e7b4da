/** Who is in the room, each of them once, or why nobody can say. */

import type { PresentView } from "@tidewire/sdk/react";
import { nameShape } from "../self/name-shape.ts";
import type { Self } from "../self/self.ts";
import { NameTag } from "./name-tag.tsx";
import type { Person } from "./people.ts";

interface PeopleListProps {
  readonly presence: PresentView;
  /** `undefined` in big rooms, and while they are not known. */
  readonly people: readonly Person[] | undefined;
  readonly selfKey: string;
  readonly self: Self;
  /** The shapes of names that more than one person has. */
  readonly twins: ReadonlySet<string>;
  readonly onWrite: (person: Person) => void;
}

export function PeopleList({ presence, people, selfKey, self, twins, onWrite }: PeopleListProps) {
  const { reason, isCurrent, total } = presence;
  if (reason) return <p className="aside-note">{reasonText(reason)}</p>;
  if (total === undefined) return <p className="aside-note">Asking who is here…</p>;
  return (
    <>
      {!isCurrent && <p className="aside-note away">As it was last known: the page is not sure now.</p>}
      {people ? (
        <ul className="people" data-current={isCurrent}>
          {people.map((person) => (
            <li key={person.key} className="person">
              <span className="person-name">
                <NameTag person={person} hasTwin={twins.has(nameShape(person.name))} />
                {person.key === selfKey && <span className="you">you</span>}
                {person.isTyping && person.key !== selfKey && <span className="typing-mark">typing</span>}
              </span>
              {person.key !== selfKey && person.id !== undefined && person.id !== self.id && (
                <button
                  type="button"
                  className="button small quiet"
                  aria-label={`Message ${person.name}`}
                  onClick={() => onWrite(person)}
                >
                  Message
                </button>
              )}
            </li>
          ))}
        </ul>
      ) : (
        <p className="aside-note">So many that they are only counted.</p>
      )}
    </>
  );
}

/** How many people there are, for the heading. */
export function peopleCount(
  { total }: Pick<PresentView, "total">,
  people: readonly Person[] | undefined,
): number | undefined {
  return people?.length ?? total;
}

function reasonText({ code, message }: { readonly code: string; readonly message: string }) {
  if (code !== "unsupported") return `The gateway does not say who is here: ${message} (${code})`;
  return (
    <>
      Nobody can see who is here: the operator’s rule for this channel has no <code>presence</code>.
    </>
  );
}
