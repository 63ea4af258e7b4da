/** Finds a program on the path. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The path of the first of `names` that is there to be run, or `undefined`. */
export function findProgram(names: readonly string[]): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
