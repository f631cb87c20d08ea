import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Booster, parseBooster } from "../model/format.ts";
import { readXgboostJson } from "../model/read-xgboost-json.ts";
import { type Training, trainBooster } from "./module.ts";
import { cutsOf } from "./quantile-cuts.ts";

/** What fixtures/make-fixtures.py wrote. */
interface Fixture {
  rows: (number | null)[][];
  weights: number[];
  cuts: { max_bin: number; weighted: boolean; values: number[][] }[];
  learned: {
    parameters: { objective: string; max_bin: number };
    weighted: boolean;
    labels: number[];
    model: string;
  }[];
}

const FIXTURE = JSON.parse(
  readFileSync(new URL("fixtures/xgboost-3.2.0-hist.json", import.meta.url), "utf8"),
) as Fixture;
const WEIGHTS = Float32Array.from(FIXTURE.weights);
const DEFAULTS = { eta: 0.3, max_depth: 3, min_child_weight: 1, lambda: 1, subsample: 1, colsample_bytree: 1 };

describe("cutsOf", () => {
  it.each(FIXTURE.cuts)("cuts where XGBoost 3.2 does: at most $max_bin bins, weighted $weighted", (expected) => {
    const { max_bin, weighted, values } = expected;
    for (const [column, native] of values.entries()) {
      const present = FIXTURE.rows.flatMap((row, i) => {
        const value = row[column];
        return value === null || value === undefined || (weighted && WEIGHTS[i] === 0)
          ? []
          : [{ value: Math.fround(value), i }];
      });
      const weightOf = (distinct: Float32Array): Float64Array => {
        const sums = new Float64Array(distinct.length);
        for (const { value, i } of present) {
          const at = distinct.indexOf(value);
          sums[at] = (sums[at] ?? 0) + (WEIGHTS[i] ?? 0);
        }
        return sums;
      };
      const own = Float32Array.from(present, ({ value }) => value);
      const { below, cuts, above } = cutsOf(own, max_bin, weighted ? weightOf : undefined);
      expect([below, ...cuts, above]).toEqual(native);
    }
  });
});

describe("hist", () => {
  it.each(FIXTURE.learned)("learns what XGBoost 3.2 learns: $parameters, weighted $weighted", async (native) => {
    const objective = native.parameters.objective.replace("squarederror", "linear");
    const base = objective === "reg:linear" ? { base_score: 0.5 } : {};
    const training: Training = {
      rows: Float32Array.from(FIXTURE.rows.flat(), (value) => value ?? Number.NaN),
      columns: 4,
      labels: Float32Array.from(native.labels),
      weights: native.weighted ? WEIGHTS : undefined,
      parameters: {
        ...DEFAULTS,
        ...native.parameters,
        ...base,
        objective,
        tree_method: "hist",
      } as Training["parameters"],
      rounds: 2,
      seed: 1,
    };
    const own = parseBooster(await trainBooster(training));
    const theirs = readXgboostJson(native.model);
    expect(own.roots).toHaveLength(theirs.roots.length);
    own.roots.forEach((root, tree) => {
      expectSameTree([own, root], [theirs, theirs.roots[tree] as number]);
    });
  });
});

/** Nodes may be numbered otherwise. */
function expectSameTree([own, a]: [Booster, number], [theirs, b]: [Booster, number]): void {
  const [ownLeft, theirLeft] = [own.left[a] as number, theirs.left[b] as number];
  expect(ownLeft < 0).toBe(theirLeft < 0);
  if (ownLeft < 0) {
    // Leaves are sums, which XGBoost adds in another order.
    expect(own.value[a]).toBeCloseTo(theirs.value[b] as number, 5);
    return;
  }
  for (const part of ["feature", "defaultLeft", "value"] as const) expect(own[part][a]).toBe(theirs[part][b]);
  expectSameTree([own, ownLeft], [theirs, theirLeft]);
  expectSameTree([own, own.right[a] as number], [theirs, theirs.right[b] as number]);
}
