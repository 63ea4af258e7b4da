#!/usr/bin/env node
/** `token`: mints a token for development, signed with the secret that gateways know. */
import { patternFault } from "@tidewire/protocol";
import { Command, CommanderError } from "commander";
import { SignJWT } from "jose";
import ms from "ms";
import { complain } from "./terminal.ts";

const DEFAULT_LIFETIME = "1h";

interface Options {
  sub?: string;
  expires: string;
  secret?: string;
  id?: string;
  audience?: string;
  issuer?: string;
  subscribe: string[];
  publish: string[];
}

const AFTER_HELP = `
Environment: JWT_SECRET, as --secret, and out of the list of processes.

Examples:
  JWT_SECRET=… token --sub 7
  JWT_SECRET=… token --sub 7 --expires 3s --subscribe "team:*"
`;

function add(pattern: string, patterns: string[]): string[] {
  return [...patterns, pattern];
}

function readOptions(argv: readonly string[]): Options {
  const command = new Command("token")
    .description("Prints a JSON Web Token (HS256) for trying a gateway that asks who its clients are.")
    .requiredOption("--sub <user>", "the user's id")
    .option("--expires <time>", 'how long it is good, such as "10s", "1h"', DEFAULT_LIFETIME)
    .option("--secret <text>", "the secret that the gateways know")
    .option("--id <text>", "its own id, by which it can be revoked")
    .option("--audience <text>", "who it is for")
    .option("--issuer <text>", "who it is from")
    .option("--subscribe <pattern>", "grants channels to read; may be repeated", add, [])
    .option("--publish <pattern>", "grants channels to write; may be repeated", add, [])
    .addHelpText("after", AFTER_HELP)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return command.parse(argv, { from: "user" }).opts<Options>();
}

function faultsOf({ expires, secret, subscribe, publish }: Options): string[] {
  const lifetimeMs = ms(expires as ms.StringValue) ?? 0;
  const patterns = [...subscribe, ...publish].flatMap((pattern) => patternFault(pattern) ?? []);
  return [
    ...(secret ? [] : ["a secret is needed: JWT_SECRET or --secret"]),
    ...(lifetimeMs >= 1_000 ? [] : ['--expires must be a time of a second or more, such as "1h"']),
    ...patterns,
  ];
}

function mint({
  sub = "",
  secret,
  expires,
  id,
  audience,
  issuer,
  subscribe,
  publish,
}: Options): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const lifetimeMs = ms(expires as ms.StringValue);
  const claims = {
    ...(subscribe.length > 0 && { subscribe }),
    ...(publish.length > 0 && { publish }),
  };
  const token = new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(sub)
    .setIssuedAt(now)
    .setExpirationTime(now + Math.floor(lifetimeMs / 1_000));
  if (id !== undefined) token.setJti(id);
  if (audience !== undefined) token.setAudience(audience);
  if (issuer !== undefined) token.setIssuer(issuer);
  return token.sign(new TextEncoder().encode(secret));
}

async function main(): Promise<number> {
  try {
    const given = readOptions(process.argv.slice(2));
    const options = { ...given, secret: given.secret ?? process.env["JWT_SECRET"] ?? "" };
    const faults = faultsOf(options);
    if (faults.length > 0) return complain("token", faults);
    process.stdout.write(`${await mint(options)}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : complain("token", [error.message.replace(/^error: /, "")]);
  }
}

process.exitCode = await main();
