/** Who one is in a chat: a user whom the gateway has verified, or a guest, of whom the page knows what the guest says. */

import { textOf } from "../fields.ts";
import { friendlyName } from "./friendly-name.ts";

export interface Self {
  /** The user id; absent where nobody has signed in. */
  readonly user: string | undefined;
  /** Under which others write to one: the user id, or what this page has made up. */
  readonly id: string;
  readonly name: string;
  /** Whether somebody has chosen the name. */
  readonly isNamed: boolean;
}

/** As a person is known on a channel: what names them, however often they are there. */
export interface Identified {
  readonly user?: string | undefined;
  /** What a guest says. */
  readonly id?: string | undefined;
  readonly connection?: string | undefined;
}

/** No guest can have the key of a user. */
export function personKey({ user, id, connection }: Identified): string {
  if (user !== undefined) return `user ${user}`;
  return id === undefined ? `connection ${connection}` : `guest ${id}`;
}

const MAX_NAME_CHARACTERS = 40;

/** A name as it goes out: without what breaks a line, and not too long. */
export function tidyName(text: string): string {
  const clean = text
    .normalize("NFC")
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ")
    // What cannot be seen, and the mark beside what a gateway has verified.
    .replaceAll(/[\p{Default_Ignorable_Code_Point}\u2800\u2713\u2714\u2705\u2611\u{1F5F8}]/gu, "")
    .replaceAll(/\s+/g, " ");
  return Array.from(clean.trim().toWellFormed()).slice(0, MAX_NAME_CHARACTERS).join("").trim();
}

/** What to call somebody who has no name but an id, which may be anybody's text as well. */
export function nameOfId(id: string): string {
  return tidyName(id) || friendlyName(id);
}

/** A name as it was kept: anybody may have written it there. */
export function readName(value: unknown): string | undefined {
  return tidyName(textOf(value) ?? "") || undefined;
}

/** An id that this page may have made up, as {@link newKey} does. */
export function readGuestId(value: unknown): string | undefined {
  const id = textOf(value);
  return id !== undefined && /^[0-9a-z]{8,40}$/.test(id) ? id : undefined;
}

/** @param chosen the name that this person has chosen before */
export function selfOf(user: string | undefined, guestId: string, chosen: string | undefined): Self {
  const id = user ?? guestId;
  return { user, id, name: chosen ?? user ?? friendlyName(id), isNamed: chosen !== undefined };
}

/** Enough of an id to tell two people of one name apart; as tidy as a name, since guests choose their ids. */
export function shortId(id: string): string {
  return Array.from(tidyName(id)).slice(0, 6).join("");
}
