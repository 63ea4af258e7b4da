/**
 * Breaks the program that is about to start: a piece of one of its sources is replaced as it is loaded.
 *
 * A piece that is not there exactly once ends the start: a break that breaks nothing would prove nothing.
 */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

const ROOT = new URL("../../../", import.meta.url);

/** @param file from the root of the repository */
export function replaceText(file: string, piece: string, replacement: string): void {
  const target = new URL(file, ROOT).href;
  const parts = readFileSync(new URL(target), "utf8").split(piece);
  if (parts.length !== 2) throw new Error(`${file} holds this ${parts.length - 1} times: ${piece}`);
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (url !== target) return loaded;
      return { ...loaded, source: parts.join(replacement) };
    },
  });
}
