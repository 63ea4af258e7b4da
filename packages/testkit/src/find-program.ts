/** Finds a program on the path. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Where servers are kept, which the path of a user may leave out. */
const SYSTEM_FOLDER = "/usr/sbin";

/** The path of the first of `names` that is there to be run, or `undefined`. */
export function findProgram(names: readonly string[]): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), SYSTEM_FOLDER];
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
