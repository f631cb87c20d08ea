import type { HoldbackFigure, HoldbackMetric, HoldbackReport } from "./history-schema.ts";

const NAMES: Record<HoldbackMetric, { name: string; scale: number; unit: string }> = {
  engagement: { name: "engagement", scale: 100, unit: " points" },
  satisfaction: { name: "satisfaction", scale: 1, unit: " of 5" },
  negative_feedback: { name: "negative feedback", scale: 100, unit: " points" },
  click_through: { name: "click-through", scale: 100, unit: " points" },
  rendering: { name: "rendering", scale: 1, unit: " ms" },
  errors: { name: "errors", scale: 100, unit: " points" },
};

/** The report in a sentence that takes no statistics to read. */
export function reportInWords({ month, all, shares, left_out, verdict }: Omit<HoldbackReport, "says">): string {
  const who = `${sharesInWords(shares)} always get the rules (${all.visitors.rules} visitors, ${all.visitors.models} with a model)`;
  if (all.days === 0) {
    const [first] = left_out;
    return `${month}: nothing can be said, since no day could be compared${first === undefined ? "" : ` (${first.reason})`}.`;
  }
  if (verdict === "insufficient_data") {
    return `${month}: not enough data to say what the models are worth: ${all.figures[0]?.reason ?? ""}; ${who}.`;
  }
  const told = all.figures.flatMap((figure) => inWords(figure) ?? []);
  return `${month}, models against rules: ${told.join(", ")}; ${who}.`;
}

function inWords({ metric, difference }: HoldbackFigure): string | null {
  if (difference === null) return null;
  const { name, scale, unit } = NAMES[metric];
  const { estimate, lower, upper } = difference;
  const text = (value: number): string => (value * scale).toFixed(1).replace(/^-(0\.0)$/, "$1");
  const sign = Number(text(estimate)) > 0 ? "+" : "";
  const sure = lower > 0 || upper < 0 ? "" : ", which may be chance";
  return `${sign}${text(estimate)}${unit} ${name} (${text(lower)} to ${text(upper)}${sure})`;
}

function sharesInWords(shares: readonly number[]): string {
  const [first, last] = [shares[0], shares.at(-1)];
  const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`;
  if (first === undefined || last === undefined) return "some visitors";
  return first === last ? `${percent(first)} of visitors` : `${percent(first)} to ${percent(last)} of visitors`;
}
