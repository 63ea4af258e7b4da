/**
 * Who somebody is on channels with presence, for the broker and on the wire.
 *
 * Invariant: a user and a connection never have the same id, whatever they are called.
 */
import { connectionId } from "./connection-id.ts";
import type { Identity } from "./identity.ts";

const USER = "u:";
const CONNECTION = "c:";

/** As the broker keeps it: `info` is a JSON text, empty for none. */
export interface PresenceMember {
  readonly id: string;
  readonly info: string;
}

/** A user who has signed in is one over all connections; anybody else is the connection itself. */
export function memberOf(connection: string, identity: Identity | undefined): PresenceMember {
  return identity
    ? { id: `${USER}${identity.user}`, info: identity.info ?? "" }
    : { id: `${CONNECTION}${connection}`, info: "" };
}

/** The same for a connection that is known by its number. */
export function memberAt(gatewayId: string, number: number, identity: Identity | undefined): PresenceMember {
  return memberOf(connectionId(gatewayId, number), identity);
}

/** Whether it can come back under the same id. */
export function canComeBack(id: string): boolean {
  return id.startsWith(USER);
}

/** As JSON, with its info where it has any. */
export function memberJson(id: string, info = ""): string {
  const name = JSON.stringify(nameOf(id));
  return info === "" ? name : `${name.slice(0, -1)},"info":${info}}`;
}

/** Without info. */
export function nameOf(id: string): { readonly user: string } | { readonly connection: string } {
  return id.startsWith(USER) ? { user: id.slice(USER.length) } : { connection: id.slice(CONNECTION.length) };
}
