import { describe, expect, test } from "vitest";
import { toSvg } from "../src/chart.ts";
import { type Run, tabulate } from "../src/statistics.ts";
import { runOf, workloadNamed } from "./results.ts";

const SERVERS = [
  { name: "limit", title: 'Limit <C> & "more"' },
  { name: "gateway", title: "Tidewire" },
  { name: "ws", title: "ws" },
];

function draw(runs: readonly Run[], ...workloads: string[]): string {
  return toSvg(workloads.map((name) => tabulate(workloadNamed(name), SERVERS, runs)));
}

const TOKEN =
  /<(?<end>\/)?(?<name>[a-z]+)(?: [\w-]+(?::\w+)?="[^"<&]*")*(?<empty>\/)?>|[^<&]+|&(?:amp|lt|gt|quot);/y;

/** The names of the elements of a document, in order; throws an error when it is not well-formed. */
function elementsOf(xml: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < xml.length) {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(xml)?.groups;
    if (!groups) throw new Error(`not well-formed: ${xml.slice(at, at + 80)}`);
    const { name, end, empty } = groups;
    if (end && open.pop() !== name) throw new Error(`</${name}> ends something else`);
    if (name && !end) names.push(name);
    if (name && !end && !empty) open.push(name);
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)}> does not end`);
  return names;
}

/** The widths of the bars, by what they are: `limit`, `own` or neither. */
function barsOf(svg: string): { kind: string; width: number }[] {
  const bars = svg.matchAll(/<rect class="bar ?(?<kind>\w*)"[^>]* width="(?<width>[\d.]+)"/g);
  return Array.from(bars, ({ groups }) => ({
    kind: groups?.["kind"] ?? "",
    width: Number(groups?.["width"]),
  }));
}

describe("a chart", () => {
  test("is a well-formed document with a bar for each server that was measured", () => {
    const failed = { workload: "closed", server: "ws", round: 1, failure: "it fell over" };
    const svg = draw([runOf("limit"), runOf("gateway"), failed, runOf("ws", {}, "idle")], "closed", "idle");

    const elements = elementsOf(svg);
    expect(elements[0]).toBe("svg");
    expect(elements.filter((name) => name === "rect")).toHaveLength(3);
    expect(elements.filter((name) => name === "g")).toHaveLength(2);
  });

  test("has bars as long as the figures, and tells this gateway and the limit from the others", () => {
    const runs = [
      runOf("limit", { deliveriesPerSecond: 400 }),
      runOf("gateway", { deliveriesPerSecond: 200 }),
      runOf("ws", { deliveriesPerSecond: 100 }),
    ];
    const [limit, own, other] = barsOf(draw(runs, "closed"));

    expect([limit?.kind, own?.kind, other?.kind]).toEqual(["limit", "own", ""]);
    expect((limit?.width ?? 0) / (own?.width ?? 0)).toBeCloseTo(2, 2);
    expect((limit?.width ?? 0) / (other?.width ?? 0)).toBeCloseTo(4, 2);
  });

  test("escapes what titles hold", () => {
    expect(draw([runOf("limit")], "closed")).toContain(">Limit &lt;C&gt; &amp; &quot;more&quot;</text>");
  });

  test("leaves out a workload without figures", () => {
    expect(draw([runOf("limit")], "closed", "idle")).toBe(draw([runOf("limit")], "closed"));
  });

  test("copes with figures of 0 and below", () => {
    const runs = [
      runOf("gateway", { idleKbPerConnection: -3 }, "idle"),
      runOf("ws", { idleKbPerConnection: 0 }, "idle"),
    ];

    expect(barsOf(draw(runs, "idle")).map(({ width }) => width)).toEqual([1, 1]);
  });
});
