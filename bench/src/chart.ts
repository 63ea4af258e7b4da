/** The figures as bars, in an SVG that is drawn here and can be read on light and on dark ground. */
import { LIMIT_NAME, OWN_NAME, type Row, type Table } from "./statistics.ts";
import { formatNumber } from "./table.ts";
import type { Yardstick } from "./workloads.ts";

/** All lengths are in pixels. */
const WIDTH = 860;
const MARGIN = 20;
const LABEL_WIDTH = 230;
const VALUE_WIDTH = 90;
const BAR_HEIGHT = 18;
const ROW_HEIGHT = 26;
const HEAD_HEIGHT = 52;
const CHART_GAP = 24;

const UNITS: Readonly<Record<Yardstick, string>> = {
  deliveriesPerSecond: "deliveries a second; longer is better",
  cpuMicrosPer1000: "µs of CPU for 1,000 deliveries; shorter is better",
  idleKbPerConnection: "kB of memory for an idle connection; shorter is better",
};
const DIGITS: Readonly<Record<Yardstick, number>> = {
  deliveriesPerSecond: 0,
  cpuMicrosPer1000: 0,
  idleKbPerConnection: 1,
};

const STYLE = `
  svg { background: #ffffff; }
  text { font: 13px system-ui, sans-serif; fill: #1f2933; }
  .title { font-weight: 600; font-size: 14px; }
  .unit { fill: #5b6875; font-size: 12px; }
  .bar { fill: #8a97a6; }
  .own { fill: #1273de; }
  .limit { fill: #c3cad3; }
  @media (prefers-color-scheme: dark) {
    svg { background: #12171d; }
    text { fill: #e4e9ef; }
    .unit { fill: #9aa7b4; }
    .bar { fill: #66737f; }
    .own { fill: #4ea1ff; }
    .limit { fill: #3d4752; }
  }`;

/** A group of bars for each table that has figures. */
export function toSvg(tables: readonly Table[]): string {
  const groups: string[] = [];
  let top = MARGIN;
  for (const table of tables) {
    const rows = table.rows.filter(({ summary }) => summary !== undefined);
    if (rows.length === 0) continue;
    groups.push(drawTable(table, rows, top));
    top += HEAD_HEIGHT + rows.length * ROW_HEIGHT + CHART_GAP;
  }
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" role="img">`;
  return [head, `<style>${STYLE}\n</style>`, ...groups, "</svg>", ""].join("\n");
}

function drawTable({ workload }: Table, rows: readonly Row[], top: number): string {
  const values = rows.map(({ summary }) => summary?.[workload.yardstick] ?? 0);
  const greatest = Math.max(...values, Number.MIN_VALUE);
  const bars = rows.map((row, index) => {
    const value = values[index] ?? 0;
    const share = Math.max(value, 0) / greatest;
    return drawBar(
      row,
      formatNumber(value, DIGITS[workload.yardstick]),
      share,
      top + HEAD_HEIGHT + index * ROW_HEIGHT,
    );
  });
  const title = `<text class="title" x="${MARGIN}" y="${top + 16}">${escapeXml(workload.title)}</text>`;
  const unit = `<text class="unit" x="${MARGIN}" y="${top + 36}">${UNITS[workload.yardstick]}</text>`;
  return ["<g>", title, unit, ...bars, "</g>"].join("\n");
}

function drawBar({ name, title }: Row, value: string, share: number, y: number): string {
  const start = MARGIN + LABEL_WIDTH;
  const width = Math.max(1, share * (WIDTH - start - VALUE_WIDTH - MARGIN));
  const baseline = y + BAR_HEIGHT - 5;
  const kind = name.startsWith(OWN_NAME) ? "bar own" : name === LIMIT_NAME ? "bar limit" : "bar";
  return [
    `<text x="${start - 10}" y="${baseline}" text-anchor="end">${escapeXml(title)}</text>`,
    `<rect class="${kind}" x="${start}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" rx="2"/>`,
    `<text x="${(start + width + 8).toFixed(1)}" y="${baseline}">${value}</text>`,
  ].join("\n");
}

function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
