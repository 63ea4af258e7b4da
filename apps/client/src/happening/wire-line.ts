/** What can be known of a line of tidewire.v1 without understanding it. */

/** Shown in the place of a token. */
export const HIDDEN = "•••";

export interface WireLine {
  readonly type: string | undefined;
  readonly id: number | undefined;
  /** As it passed, but for a token. */
  readonly text: string;
}

/** How all of Tidewire's own begin. To parse each message only to count it would be paid for by whoever has many. */
const USUAL_HEAD = /^\{"type":"([a-z]+)"(?:,"id":(\d{1,15})(?=[,}]))?/;

export function readLine(line: string): WireLine {
  const [, type, id] = USUAL_HEAD.exec(line) ?? [];
  if (type === "message") return { type, id: undefined, text: line };
  if (id !== undefined && !mayHaveToken(type)) return { type, id: Number(id), text: line };
  return readWhole(line);
}

function mayHaveToken(type: unknown): boolean {
  return type === "connect" || type === "refresh";
}

function readWhole(line: string): WireLine {
  const fields = parsed(line);
  const type = typeof fields["type"] === "string" ? fields["type"] : undefined;
  const id = typeof fields["id"] === "number" ? fields["id"] : undefined;
  const isSecret = mayHaveToken(type) && "token" in fields;
  return { type, id, text: isSecret ? JSON.stringify({ ...fields, token: HIDDEN }) : line };
}

function parsed(line: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(line)) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}
