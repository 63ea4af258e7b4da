/** Who is typing, in words: two names at most. */

import { isolatedName } from "./isolated-name.ts";
import type { Person } from "./people.ts";

export function typingText(people: readonly Person[], selfKey: string): string {
  const names = people
    .filter(({ isTyping, key }) => isTyping && key !== selfKey)
    .map(({ name }) => isolatedName(name));
  const [first, second] = names;
  if (first === undefined) return "";
  if (second === undefined) return `${first} is typing…`;
  if (names.length === 2) return `${first} and ${second} are typing…`;
  return `${names.length} people are typing…`;
}
