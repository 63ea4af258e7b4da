/** The machine that is measured on, and whether it allows as many sockets as a workload needs. */
import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";

interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly node: string;
}

export function describeMachine(): Machine {
  const cores = cpus();
  return {
    cores: cores.length,
    processor: cores[0]?.model ?? "unknown",
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
  };
}

/** Files that a server or the generator may open beside its sockets. */
const OTHER_FILES = 200;

/** Whether a process may open that many sockets; a program here gets the hard limit. */
export function allowsSockets(count: number): boolean {
  return count + OTHER_FILES <= openFileLimit();
}

/** How many files a process may have open; endless where that can't be told. */
export function openFileLimit(): number {
  try {
    const line = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
    const limit = Number(line?.[1]);
    return Number.isNaN(limit) ? Number.POSITIVE_INFINITY : limit;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
