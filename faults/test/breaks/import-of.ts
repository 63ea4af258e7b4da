/** How Node.js is told to break the program that it is about to start. */
import { fileURLToPath } from "node:url";

export function importOf(name: string): string[] {
  return ["--import", fileURLToPath(new URL(`./${name}.ts`, import.meta.url))];
}
