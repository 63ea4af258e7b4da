/** What /proc tells of processes. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

function read(action: () => string): string {
  try {
    return action();
  } catch {
    return "";
  }
}

/** Whether the process is there and has not ended. */
export function isAlive(pid: number): boolean {
  const stat = read(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  // Behind the name in brackets; Z is one that has ended and whose parent has not asked yet.
  return stat !== "" && stat.slice(stat.lastIndexOf(")") + 2).charAt(0) !== "Z";
}

export function childrenOf(pid: number): number[] {
  const text = read(() => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8"));
  return text.split(" ").filter(Boolean).map(Number);
}

/** Processes that work in the folder or have it in their environment, whoever their parent is by now. */
export function processesOf(folder: string): number[] {
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return pids.filter((pid) => {
    const traces = [
      read(() => readlinkSync(join("/proc", String(pid), "cwd"))),
      read(() => readFileSync(join("/proc", String(pid), "environ"), "utf8")),
    ];
    return isAlive(pid) && traces.some((trace) => trace.includes(folder));
  });
}
