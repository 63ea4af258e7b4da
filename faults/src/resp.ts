/** As much of RESP, the protocol of Redis, as a program needs that publishes, and a proxy that looks into what passes. */

export type Reply = string | number | null | Error | readonly Reply[];

export interface Parsed {
  readonly reply: Reply;
  /** Where the next one begins. */
  readonly end: number;
}

const LINE_END = "\r\n";

export function encodeCommand(words: readonly string[]): Buffer {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return Buffer.from(`*${words.length}\r\n${parts.join("")}`);
}

/** The reply that begins at `start`; `undefined` while some of it has not come. @throws Error for what is no RESP */
export function parseReply(bytes: Buffer, start = 0): Parsed | undefined {
  const lineEnd = bytes.indexOf(LINE_END, start);
  if (lineEnd === -1) return undefined;
  const line = bytes.toString("utf8", start + 1, lineEnd);
  const end = lineEnd + LINE_END.length;
  switch (String.fromCharCode(bytes[start] ?? 0)) {
    case "+":
      return { reply: line, end };
    case "-":
      return { reply: new Error(line), end };
    case ":":
      return { reply: Number(line), end };
    case "$":
      return parseBulk(bytes, end, Number(line));
    case "*":
      return parseArray(bytes, end, Number(line));
    default:
      throw new Error("this is no RESP");
  }
}

function parseBulk(bytes: Buffer, start: number, length: number): Parsed | undefined {
  if (length === -1) return { reply: null, end: start };
  const end = start + length + LINE_END.length;
  return bytes.length < end ? undefined : { reply: bytes.toString("utf8", start, start + length), end };
}

function parseArray(bytes: Buffer, start: number, count: number): Parsed | undefined {
  if (count === -1) return { reply: null, end: start };
  const replies: Reply[] = [];
  let end = start;
  while (replies.length < count) {
    const parsed = parseReply(bytes, end);
    if (!parsed) return undefined;
    replies.push(parsed.reply);
    ({ end } = parsed);
  }
  return { reply: replies, end };
}

/** All replies, if the bytes are whole ones and nothing else. */
export function wholeReplies(bytes: Buffer): readonly Reply[] | undefined {
  const replies: Reply[] = [];
  let start = 0;
  try {
    while (start < bytes.length) {
      const parsed = parseReply(bytes, start);
      if (!parsed) return undefined;
      replies.push(parsed.reply);
      start = parsed.end;
    }
    return replies;
  } catch {
    return undefined;
  }
}
