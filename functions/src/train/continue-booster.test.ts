import { describe, expect, it } from "vitest";
import { trainingSample } from "../../../test/training-data.ts";
import { parseBooster } from "../model/format.ts";
import { readModel } from "../model/read-model.ts";
import { firstRounds, roundsOf } from "../model/rounds.ts";
import { Scorer } from "../model/scorer.ts";
import { writeBooster } from "../model/write-booster.ts";
import { writeXgboostJson } from "../model/write-xgboost-json.ts";
import { continueBooster } from "./continue-booster.ts";
import { predictWithModule, type Training, trainBooster } from "./module.ts";

const COLUMNS = 5;
const SAMPLE = trainingSample({ count: 400, columns: COLUMNS, seed: 31 });
const SHAPE = { eta: 0.2, max_depth: 4, min_child_weight: 1, lambda: 1, subsample: 1, colsample_bytree: 1 } as const;

function training(shape: object, rounds: number): Training {
  const parameters = { ...SHAPE, tree_method: "hist", ...shape } as Training["parameters"];
  const labels =
    parameters.objective === "reg:linear"
      ? SAMPLE.numbers
      : SAMPLE.classes.map((value) => (parameters.objective === "binary:logistic" ? Math.min(value, 1) : value));
  return { rows: SAMPLE.rows, columns: COLUMNS, labels, parameters, rounds, seed: 3 };
}

const KINDS = [
  { objective: "reg:linear" },
  { objective: "reg:linear", tree_method: "exact", gamma: 300 },
  { objective: "multi:softprob", num_class: 3 },
  { objective: "multi:softprob", num_class: 3, tree_method: "exact" },
  { objective: "binary:logistic" },
];

describe("continueBooster", () => {
  it.each(KINDS)("makes of 20 rounds and 10 more what 30 are: %j", async (shape) => {
    const bytes = await trainBooster(training(shape, 20));
    const parent = parseBooster(bytes);
    const child = await continueBooster({ ...training(shape, 10), parent });
    expect(roundsOf(child)).toBe(30);
    expect(writeBooster(firstRounds(child, 20))).toEqual(bytes);
    const straight = parseBooster(await trainBooster(training(shape, 30)));
    const [own, theirs] = [child, straight].map((booster) => new Scorer(booster));
    for (let row = 0; row < 400; row++) {
      const values = SAMPLE.rows.subarray(row * COLUMNS, (row + 1) * COLUMNS);
      const expected = theirs?.margins(values) ?? [];
      own?.margins(values).forEach((margin, output) => {
        expect(Math.abs(margin - (expected[output] as number))).toBeLessThan(1e-6 * Math.max(1, Math.abs(margin)));
      });
    }
    // The module loads what was put together.
    const predictions = await predictWithModule(writeBooster(child), SAMPLE.rows.subarray(0, COLUMNS), COLUMNS);
    expect(predictions).toHaveLength(child.outputs);
  });

  it("goes on from what another XGBoost wrote as JSON", async () => {
    const shape = { objective: "reg:linear" };
    const bytes = await trainBooster(training(shape, 5));
    const parent = readModel(Buffer.from(writeXgboostJson(parseBooster(bytes)))).booster;
    const child = await continueBooster({ ...training(shape, 5), parent });
    const straight = await continueBooster({ ...training(shape, 5), parent: parseBooster(bytes) });
    expect(child).toEqual({ ...straight, baseFirst: true });
  });

  it("samples other rows than the parent did", async () => {
    const shape = { objective: "reg:linear", subsample: 0.5, eta: 1e-6 };
    const parent = parseBooster(await trainBooster(training(shape, 1)));
    const child = await continueBooster({ ...training(shape, 1), parent });
    // With so small steps the labels stay what they were: of the same rows it would make the same splits.
    const splits = Array.from(child.value).filter((_, node) => (child.left[node] ?? -1) >= 0);
    expect(splits.slice(0, 7)).not.toEqual(splits.slice(splits.length / 2).slice(0, 7));
  });

  it("stops early by the answers of both", async () => {
    const shape = { objective: "reg:linear", eta: 0.5 };
    const other = trainingSample({ count: 300, columns: COLUMNS, seed: 32 });
    const holdout = { rows: other.rows, labels: other.numbers, patience: 4 };
    const straight = parseBooster(await trainBooster({ ...training(shape, 80), holdout }));
    const parent = parseBooster(await trainBooster(training(shape, 3)));
    const child = await continueBooster({ ...training(shape, 77), parent, holdout });
    expect(roundsOf(straight)).toBeLessThan(80);
    expect(roundsOf(child)).toBe(roundsOf(straight));
  });

  it.each([
    ["more rounds than the budget", {}, { rounds: 396 }, "rounds: the parent's 5 and 396 more are over the 400"],
    ["more rounds than a smaller budget", {}, { maxRounds: 7 }, "rounds: the parent's 5 and 3 more are over the 7"],
    [
      "another objective",
      { objective: "binary:logistic" },
      {},
      "parameters.objective: must be the parent's reg:linear",
    ],
    ["other columns", {}, { columns: 4 }, "columns: must be the parent's 5, is 4"],
  ])("refuses %s", async (_, shape, change, message) => {
    const parent = parseBooster(await trainBooster(training({ objective: "reg:linear" }, 5)));
    const continuation = { ...training({ objective: "reg:linear", ...shape }, 3), ...change, parent };
    await expect(continueBooster(continuation)).rejects.toThrow(message);
  });
});
