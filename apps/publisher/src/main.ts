#!/usr/bin/env node
/** `publish`: stands in for the business server and pushes messages from the command line. */
import { openOutlet } from "./outlet.ts";
import { type Plan, readPlan } from "./plan.ts";
import { Report } from "./report.ts";
import { messages } from "./source.ts";
import { complain, endWithReader, EXIT_FAILED, interrupted } from "./terminal.ts";

async function main(): Promise<number> {
  const surroundings = { env: process.env, isInputTerminal: process.stdin.isTTY };
  const result = readPlan(process.argv.slice(2), surroundings);
  switch (result.kind) {
    case "text":
      process.stdout.write(result.text);
      return 0;
    case "faults":
      return complain("publish", result.faults);
    case "plan":
      return publish(result.plan);
    default:
      return result satisfies never;
  }
}

async function publish(plan: Plan): Promise<number> {
  const report = new Report(plan, { out: process.stdout, err: process.stderr });
  const opened = await openOutlet(plan);
  const failure = opened.ok ? await sendAll() : opened.reason;
  report.finished(failure);
  return failure === undefined ? 0 : EXIT_FAILED;

  // One after the other: order matters more here than speed.
  async function sendAll(): Promise<string | undefined> {
    if (!opened.ok) return opened.reason;
    try {
      for await (const payload of messages(plan.source, process.stdin, interrupted())) {
        const outcome = await opened.outlet.send(payload);
        if (!outcome.ok) return outcome.reason;
        report.published(outcome);
      }
      return undefined;
    } catch (error) {
      if (error instanceof RangeError) return error.message;
      throw error;
    } finally {
      opened.outlet.close();
    }
  }
}

endWithReader();
process.exitCode = await main();
