import type { Booster } from "../../functions/src/model/format.ts";
import { depthOf } from "../../functions/src/model/freeze-forest.ts";
import { splitTotals } from "../../functions/src/model/importance.ts";
import { roundsOf } from "../../functions/src/model/rounds.ts";
import { sha256 } from "../../functions/src/shared/canonical.ts";
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
    sha256: sha256(bytes),
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

/** Total gain of the columns that have any, largest first. */
function gainByFeature(booster: Booster): Record<string, number> {
  const sorted = [...splitTotals(booster).gain.entries()]
    .sort(([, a], [, b]) => b - a)
    .filter(([, total]) => total > 0);
  return Object.fromEntries(
    sorted.slice(0, LISTED).map(([column, total]) => [`f${column}`, Number(total.toPrecision(7))]),
  );
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
