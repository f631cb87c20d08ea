import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";

/** A point of a curve. */
export interface Point {
  x: number;
  /** 0-1. */
  share: number;
  curve: string;
}

/** Curves over one axis, shares on the other. */
export function draw(points: readonly Point[], { x, y, title }: { x: string; y: string; title: string }): string {
  // Curves meet at both ends: each is named where it is half way.
  const half = (a: Point, b: Point): number => Math.abs(a.share - 0.5) - Math.abs(b.share - 0.5);
  const names = [...new Set(points.map(({ curve }) => curve))].flatMap(
    (name) => points.filter(({ curve }) => curve === name).sort(half)[0] ?? [],
  );
  const { document } = parseHTML("<html><body></body></html>");
  const svg = Plot.plot({
    document: document as never,
    width: 720,
    height: 340,
    marginRight: 30,
    style: { background: "white", color: "#222" },
    ariaLabel: title,
    x: { label: x },
    y: { label: y, domain: [0, 100], percent: true, grid: true },
    marks: [
      Plot.ruleY([0]),
      Plot.lineY(points, { x: "x", y: "share", stroke: "curve", strokeWidth: 2 }),
      Plot.dot(points, { x: "x", y: "share", fill: "curve", r: 3 }),
      Plot.text(names, { x: "x", y: "share", text: "curve", fill: "curve", textAnchor: "start", dx: 8, dy: 4 }),
    ],
  });
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return `${svg.outerHTML}\n`;
}
