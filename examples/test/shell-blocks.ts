/**
 * The blocks of a document that are for a shell.
 *
 * Invariant: a block is marked only where readers see it, in the paragraph right before it.
 */
export interface ShellBlock {
  /** One a line, but where a line ends in a backslash; with their comments. */
  readonly commands: readonly string[];
  /** Whether the document says that no test runs it. */
  readonly isMarked: boolean;
}

const BLOCK = /^( *)```(?:sh|bash|zsh|shell|console)\n(.*?)^\1```$/gms;
const MARK = /\bnot run by a test\b/i;

export function shellBlocksIn(document: string): ShellBlock[] {
  return [...document.matchAll(BLOCK)].map(({ index, 2: block = "" }) => ({
    commands: block
      .trim()
      .split(/(?<!\\)\n/)
      .map((command) => command.trim())
      .filter((command) => !command.startsWith("#")),
    isMarked: MARK.test(
      document
        .slice(0, index)
        .trimEnd()
        .split(/\n\s*\n/)
        .at(-1) ?? "",
    ),
  }));
}

/** The command without the comment behind it. */
export function withoutComment(command: string): string {
  return command.replace(/\s+# .*$/, "");
}
