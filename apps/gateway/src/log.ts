/**
 * The log: pino, readable on a terminal, one JSON object a line otherwise.
 *
 * Invariant: no token, no message body and no query string is ever handed to it.
 */
import { type Logger, pino } from "pino";
import pretty from "pino-pretty";

export type Log = Logger;

export function createLog(isTerminal: boolean): Log {
  const options = { name: "tidewire", base: null, timestamp: pino.stdTimeFunctions.isoTime } as const;
  if (!isTerminal) return pino(options);
  return pino(options, pretty({ sync: true, ignore: "name", translateTime: "SYS:HH:MM:ss" }));
}
