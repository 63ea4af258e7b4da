/** The vectors, as tests read them. */
import { readFileSync } from "node:fs";
import type { ErrorCode, Push, Reply, Request } from "../src/index.ts";

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8"));
}

interface Named {
  readonly name: string;
}

export interface RequestVector extends Named {
  readonly line: string;
  readonly request?: Request;
  readonly error?: { readonly id: number; readonly code: ErrorCode };
  readonly close?: number;
}

export interface AnswerVector extends Named {
  readonly line: string;
  readonly kind: "answer" | "unknown" | "malformed";
  readonly message?: Reply | Push;
}

export interface PatternVector extends Named {
  readonly patterns: readonly string[];
  readonly channel: string;
  readonly wins: string | null;
}

export const CHANNELS = read("channels") as readonly (Named & { channel: string; valid: boolean })[];
export const PATTERNS = read("patterns") as readonly PatternVector[];
export const REQUESTS = read("requests") as readonly RequestVector[];
export const ANSWERS = read("answers") as readonly AnswerVector[];
export const CLOSES = read("closes") as readonly (Named & { code: number; reconnect: boolean })[];
