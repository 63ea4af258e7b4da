/** `pnpm --filter bench micro`: what single parts of the gateway cost, so that the cost of a change is seen. */
import { Bench, type FnReturnedObject } from "tinybench";
import { type MicroTask, microTasks } from "./micro-tasks.ts";
import { formatNumber, markdownTable } from "./table.ts";

/** For each task, in milliseconds. */
const WARM_UP_MS = 150;
const MEASURE_MS = 500;

const NS_PER_MS = 1e6;

/** Times a whole batch, since a clock that is read for each operation would be most of what it tells. */
async function timed(task: MicroTask): Promise<FnReturnedObject> {
  const start = performance.now();
  await task.run();
  const elapsed = performance.now() - start;
  return { overriddenDuration: elapsed / task.operations, overriddenIterationCost: elapsed };
}

/** Nanoseconds for an operation: half of the batches took no longer, and 99 % of them. */
async function measure(task: MicroTask): Promise<{ median: number; p99: number }> {
  const bench = new Bench({ time: MEASURE_MS, warmupTime: WARM_UP_MS, throws: true });
  bench.add(task.name, () => timed(task), { async: true });
  const [done] = await bench.run();
  if (done?.result.state !== "completed") throw new Error(`${task.name} was not measured`);
  const { p50, p99 } = done.result.latency;
  return { median: p50 * NS_PER_MS, p99: p99 * NS_PER_MS };
}

const lines = [["task", "ns per operation", "p99", "ns per delivery"]];
for (const task of microTasks()) {
  const { median, p99 } = await measure(task);
  const perDelivery = task.deliveries === undefined ? "" : formatNumber(median / task.deliveries, 1);
  lines.push([task.name, formatNumber(median, 1), formatNumber(p99, 1), perDelivery]);
}
process.stdout.write(`${markdownTable(lines).join("\n")}\n`);
