/** Tables as Markdown, with columns that also line up on a terminal. */
import type { Row, Summary, Table } from "./statistics.ts";
import type { Workload, Yardstick } from "./workloads.ts";

interface Column {
  readonly head: string;
  readonly cell: (row: Row) => string;
}

const NOTHING = "–";

/** A whole number with commas between thousands; less than 100 with so many digits behind the point. */
export function formatNumber(value: number, digits = 0): string {
  const isLarge = Math.abs(value) >= 100;
  return value.toLocaleString("en-GB", {
    minimumFractionDigits: isLarge ? 0 : digits,
    maximumFractionDigits: isLarge ? 0 : digits,
  });
}

// Memory has none: the limit keeps next to nothing for a connection.
const RATIO_HEADS: Readonly<Record<Exclude<Yardstick, "idleKbPerConnection">, string>> = {
  deliveriesPerSecond: "deliveries ÷ limit",
  cpuMicrosPer1000: "CPU ÷ limit",
};

function figure(head: string, pick: (summary: Summary) => number, digits = 0): Column {
  return { head, cell: ({ summary }) => (summary ? formatNumber(pick(summary), digits) : NOTHING) };
}

/** What went missing, or came otherwise than it was published, over all runs; `0` for nothing. */
export function formatLosses(summary: Summary): string {
  const kinds = ["lost", "late", "duplicates", "reordered", "stray", "closed"] as const;
  const parts = kinds
    .filter((kind) => summary[kind] > 0)
    .map((kind) => `${formatNumber(summary[kind])} ${kind}`);
  return parts.join(", ") || "0";
}

function columnsFor({ traffic, stopped = 0, yardstick }: Workload): Column[] {
  const connects = figure("connects/s", (summary) => summary.connectsPerSecond);
  const memory = figure("kB per idle connection", (summary) => summary.idleKbPerConnection, 1);
  const server: Column = { head: "server", cell: (row) => row.title };
  const losses: Column = {
    head: "losses",
    cell: ({ summary }) => (summary ? formatLosses(summary) : NOTHING),
  };
  if (!traffic || yardstick === "idleKbPerConnection") return [server, memory, connects, losses];
  const ratio: Column = {
    head: RATIO_HEADS[yardstick],
    cell: (row) => (row.ratio === undefined ? NOTHING : formatNumber(row.ratio, 2)),
  };
  return [
    server,
    figure("deliveries/s", (summary) => summary.deliveriesPerSecond),
    figure("CPU µs per 1,000", (summary) => summary.cpuMicrosPer1000),
    figure("p50 ms", (summary) => summary.p50Ms, 2),
    figure("p99 ms", (summary) => summary.p99Ms, 2),
    figure("max ms", (summary) => summary.maxMs, 2),
    ...(stopped > 0 ? [figure("memory at the end, MB", (summary) => summary.rssEndKb / 1_024, 1)] : []),
    memory,
    connects,
    losses,
    ratio,
  ];
}

/** Share of a processor from which on a program counts as busy all the time. */
const BUSY = 0.9;

/** Whether the load generator, and not the server, is what limits the figures. */
function isGeneratorLimit({ generatorBusy, cpuMicrosPer1000, deliveriesPerSecond }: Summary): boolean {
  const serverBusy = (cpuMicrosPer1000 * deliveriesPerSecond) / 1e9;
  return generatorBusy >= BUSY && serverBusy < BUSY;
}

/** What a reader of the table has to know beside it. */
function remarks(rows: readonly Row[]): string[] {
  const limited = rows.flatMap(({ title, summary }) => (summary && isGeneratorLimit(summary) ? [title] : []));
  const failures = rows.flatMap(({ title, failure }) => (failure ? [`- ${title} failed: ${failure}`] : []));
  if (limited.length === 0) return failures;
  const note = `- The load generator was at its limit before the server was: ${limited.join("; ")}.`;
  return [note, ...failures];
}

/** A head and rows, with the first column to the left and the others to the right. */
export function markdownTable(cells: readonly (readonly string[])[]): string[] {
  const widths = (cells[0] ?? []).map((_, index) =>
    Math.max(...cells.map((line) => line[index]?.length ?? 0)),
  );
  const rule = widths.map((width, index) => (index === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  const pad = (text: string, index: number) =>
    index === 0 ? text.padEnd(widths[index] ?? 0) : text.padStart(widths[index] ?? 0);
  const [head = "", ...body] = cells.map((line) => `| ${line.map(pad).join(" | ")} |`);
  return [head, `| ${rule.join(" | ")} |`, ...body];
}

/** A title, the table, and what has to be known beside it. */
export function toMarkdown({ workload, rows }: Table): string {
  const columns = columnsFor(workload);
  const cells = [columns.map(({ head }) => head), ...rows.map((row) => columns.map(({ cell }) => cell(row)))];
  const notes = remarks(rows);
  const lines = [`## ${workload.title}`, "", ...markdownTable(cells)];
  return [...lines, ...(notes.length > 0 ? ["", ...notes] : []), ""].join("\n");
}
