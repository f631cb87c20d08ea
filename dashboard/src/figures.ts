import { type Child, el, fold, type Tone, tag } from "./dom.ts";
import { figure } from "./words.ts";

/** A metric as it was seen, in its own unit. */
export interface Row {
  metric: string;
  /** Of what: a scope, or an arm. */
  of: string;
  finding: string;
  tone: Tone;
  difference: number | null;
  lower: number | null;
  upper: number | null;
  /** One sentence with the figures. */
  reason: string;
}

/** A folded table of metrics, each with its interval and, below it, what was seen in words. */
export function figures(title: string, key: string, rows: readonly Row[]): Child {
  if (rows.length === 0) return null;
  const heads = ["Metric", "Finding", "Difference", "Interval"].map((head) => el("th", { scope: "col" }, head));
  const body = rows.flatMap(({ metric, of, finding, tone, difference, lower, upper, reason }) => [
    el(
      "tr",
      {},
      el("th", { scope: "row" }, `${metric} `, el("span", { class: "quiet" }, of)),
      el("td", {}, tag(finding, tone)),
      el("td", { class: "number" }, figure(difference)),
      el("td", { class: "number" }, interval(lower, upper)),
    ),
    el("tr", { class: "reason" }, el("td", { colspan: 4 }, reason)),
  ]);
  const table = el("table", {}, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...body));
  // Wider than a phone, it scrolls by itself, with the keyboard too.
  const wide = el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": title }, table);
  return fold(`${title} (${rows.length})`, key, wide);
}

function interval(lower: number | null, upper: number | null): string {
  if (lower === null && upper === null) return "–";
  if (lower === null) return `at most ${figure(upper)}`;
  return upper === null ? `at least ${figure(lower)}` : `${figure(lower)} to ${figure(upper)}`;
}
