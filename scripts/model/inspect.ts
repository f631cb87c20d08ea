import { createHash } from "node:crypto";
import type { Booster } from "../../functions/src/model/format.ts";
import { depthOf } from "../../functions/src/model/freeze-forest.ts";
import { roundsOf } from "../../functions/src/model/rounds.ts";
import { readModelFile } from "./model-files.ts";

/** Features that are listed by their gain. */
const LISTED = 10;

/** What there is to say of a model file, name -> value. */
export function inspect(file: string): Record<string, unknown> {
  const { format, booster, bytes } = readModelFile(file);
  const leaves = booster.left.reduce((sum, child) => sum + (child < 0 ? 1 : 0), 0);
  return {
    file,
    format: format === "json" ? "XGBoost JSON" : "binary (XGBoost 0.7 to 0.90)",
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    objective: booster.objective,
    features: booster.features,
    outputs: booster.outputs,
    base_score: booster.outputs === 1 ? booster.baseScores[0] : Array.from(booster.baseScores),
    rounds: roundsOf(booster),
    trees: booster.roots.length,
    depth: depthOf(booster),
    nodes: booster.left.length,
    leaves,
    gain_by_feature: gainByFeature(booster),
  };
}

/** Total loss reduction of the splits on each feature, largest first: `total_gain` of XGBoost's get_score. */
function gainByFeature({ left, feature, gain }: Booster): Record<string, number> {
  const totals = new Map<number, number>();
  left.forEach((child, node) => {
    if (child < 0) return;
    const column = feature[node] as number;
    totals.set(column, (totals.get(column) ?? 0) + (gain[node] as number));
  });
  const sorted = [...totals].sort(([, a], [, b]) => b - a).slice(0, LISTED);
  return Object.fromEntries(sorted.map(([column, total]) => [`f${column}`, Number(total.toPrecision(7))]));
}

/** The same for people: one line for each. */
export function inWords(facts: Record<string, unknown>): string {
  const width = Math.max(...Object.keys(facts).map((name) => name.length));
  return Object.entries(facts)
    .map(([name, value]) => {
      const text =
        typeof value === "object" && value !== null && !Array.isArray(value)
          ? Object.entries(value)
              .map(([key, inner]) => `${key} ${String(inner)}`)
              .join(", ")
          : String(value);
      return `${name.padEnd(width)}  ${text}`;
    })
    .join("\n");
}
