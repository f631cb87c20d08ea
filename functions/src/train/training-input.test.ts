import { describe, expect, it } from "vitest";
import type { TrainingParameters } from "./parameters.ts";
import { checkTrainingInput, type Holdout, type TrainingData, TrainingInputError } from "./training-input.ts";

const LINEAR: TrainingParameters = {
  objective: "reg:linear",
  eta: 0.1,
  max_depth: 3,
  min_child_weight: 1,
  lambda: 1,
  subsample: 1,
  colsample_bytree: 1,
  tree_method: "hist",
};
const SOFTPROB: TrainingParameters = { ...LINEAR, objective: "multi:softprob", num_class: 3 };
const GOOD: TrainingData = { rows: Float32Array.of(0, 1, 2, Number.NaN), columns: 2, labels: Float32Array.of(0, 2) };

interface Case {
  data?: Partial<TrainingData>;
  /** May hold what the type forbids: callers read parameters from documents. */
  parameters?: Record<string, unknown>;
  holdout?: Partial<Holdout>;
  rounds?: number;
  seed?: number;
}

function check({ data, parameters, holdout, rounds = 5, seed = 1 }: Case) {
  const all = Object.entries({ ...SOFTPROB, ...parameters }).filter(([, value]) => value !== undefined);
  const given = Object.fromEntries(all) as unknown as TrainingParameters;
  return checkTrainingInput({ ...GOOD, ...data }, given, {
    rounds,
    seed,
    holdout: holdout && { rows: Float32Array.of(1, 2), labels: Float32Array.of(0), patience: 1, ...holdout },
  });
}

function failure(given: Case): TrainingInputError {
  try {
    check(given);
  } catch (error) {
    if (error instanceof TrainingInputError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

const nan = Number.NaN;
const linear = { objective: "reg:linear", num_class: undefined };

describe("checkTrainingInput", () => {
  it("fills in defaults", () => {
    expect(check({})).toMatchObject({ alpha: 0, gamma: 0, colsample_bylevel: 1, max_bin: 256 });
  });

  it.each<[string, Case]>([
    ["an absent class", { data: { labels: Float32Array.of(1, 1) } }],
    ["weights of which some are 0", { data: { weights: Float32Array.of(0, 3.5) } }],
    ["a column without values", { data: { rows: Float32Array.of(nan, 1, nan, 2) } }],
    [
      "nothing but missing values with exact",
      { data: { rows: new Float32Array(4).fill(nan) }, parameters: { tree_method: "exact" } },
    ],
    ["a genuine -1", { data: { rows: Float32Array.of(0, 1, 2, -1) } }],
    ["the largest seed", { seed: 2_147_483_647 }],
  ])("takes %s", (_, given) => {
    expect(() => check(given)).not.toThrow();
  });

  it.each<[string, Case, string]>([
    ["an unknown parameter", { parameters: { max_dpeth: 3 } }, 'parameters: Unrecognized key: "max_dpeth"'],
    ["an unknown objective", { parameters: { objective: "reg:squarederror" } }, "parameters.objective: "],
    ["a missing parameter", { parameters: { eta: undefined } }, "parameters.eta: "],
    ["softprob without classes", { parameters: { num_class: undefined } }, "parameters.num_class: "],
    [
      "regression with classes",
      { parameters: { objective: "reg:linear" } },
      'parameters: Unrecognized key: "num_class"',
    ],
    ["a depth of 0", { parameters: { max_depth: 0 } }, "parameters.max_depth: "],
    ["an eta that is not a number", { parameters: { eta: nan } }, "parameters.eta: "],
    ["a tree method the module would swallow", { parameters: { tree_method: "gpu_hist" } }, "parameters.tree_method: "],
    ["no rounds", { rounds: 0 }, "rounds: must be a whole number from 1 to 100000, is 0"],
    ["half a round", { rounds: 1.5 }, "rounds: "],
    ["a negative seed", { seed: -1 }, "seed: "],
    ["a seed beyond 32 bits", { seed: 2_147_483_648 }, "seed: "],
    ["no columns", { data: { columns: 0 } }, "columns: "],
    [
      "no rows",
      { data: { rows: new Float32Array(), labels: new Float32Array() } },
      "labels: there must be at least one",
    ],
    ["rows of another width", { data: { columns: 3 } }, "rows: must hold 2 labels x 3 columns = 6 values, holds 4"],
    [
      "an infinite value",
      { data: { rows: Float32Array.of(0, Infinity, 2, 3) } },
      "rows, column 1, row 0: must be a number from -1.7e+38",
    ],
    [
      "a value minus infinite",
      { data: { rows: Float32Array.of(0, 1, -Infinity, 3) } },
      "rows, column 0, row 1: must be a number",
    ],
    [
      "values whose middle float32 cannot hold",
      { data: { rows: Float32Array.of(1.71e38, 1, 2, 3) } },
      "rows, column 0, row 0: must be a number",
    ],
    ["nothing but missing values with hist", { data: { rows: new Float32Array(4).fill(nan) } }, "rows: no row that"],
    [
      "missing values with hist where rows weigh anything",
      { data: { rows: Float32Array.of(nan, nan, 1, 2), weights: Float32Array.of(1, 0) } },
      "rows: no row that weighs anything has a value",
    ],
    ["a share that float32 does not hold", { parameters: { subsample: 1e-50 } }, "parameters.subsample: "],
    [
      "a probability that XGBoost takes for 1",
      { parameters: { objective: "binary:logistic", num_class: undefined, base_score: 1 - 1e-7 } },
      "parameters.base_score: ",
    ],
    ["a base score beyond labels", { parameters: { ...linear, base_score: 1.1e15 } }, "parameters.base_score: "],
    [
      "a class too high",
      { data: { labels: Float32Array.of(0, 3) } },
      "labels, row 1: must be a class from 0 to 2, is 3",
    ],
    ["a negative class", { data: { labels: Float32Array.of(-1, 0) } }, "labels, row 0: must be a class"],
    ["half a class", { data: { labels: Float32Array.of(0.5, 0) } }, "labels, row 0: must be a class"],
    ["a class that is not a number", { data: { labels: Float32Array.of(0, nan) } }, "labels, row 1: must be a class"],
    [
      "a label that is not a number",
      { parameters: linear, data: { labels: Float32Array.of(0, nan) } },
      "labels, row 1: must be a number",
    ],
    [
      "an infinite label",
      { parameters: linear, data: { labels: Float32Array.of(-Infinity, 0) } },
      "labels, row 0: must be a number",
    ],
    [
      "a label that float32 cannot square",
      { parameters: linear, data: { labels: Float32Array.of(1.1e15, 0) } },
      "labels, row 0: must be a number",
    ],
    ["too few weights", { data: { weights: Float32Array.of(1) } }, "weights: must hold one per row = 2, holds 1"],
    [
      "a negative weight",
      { data: { weights: Float32Array.of(1, -1) } },
      "weights, row 1: must be finite and not negative",
    ],
    ["a weight that is not a number", { data: { weights: Float32Array.of(nan, 1) } }, "weights, row 0: must be finite"],
    ["weights of which all are 0", { data: { weights: Float32Array.of(0, 0) } }, "weights: all are 0"],
    ["next to no weights", { data: { weights: Float32Array.of(1e-13, 0) } }, "weights: their mean must be from 1e-12"],
    ["huge weights", { data: { weights: Float32Array.of(1e13, 0) } }, "weights: their mean must be from 1e-12"],
    [
      "labels and weights whose gains float32 cannot hold",
      { parameters: linear, data: { labels: Float32Array.of(1e14, 0), weights: Float32Array.of(1e10, 1) } },
      "labels: are so far from what trees add to",
    ],
    [
      "base margins as far from the labels",
      {
        parameters: linear,
        data: { baseMargins: Float32Array.of(1e14, 0), weights: Float32Array.of(1e10, 1) },
      },
      "labels: are so far from what trees add to",
    ],
    [
      "too few base margins",
      { data: { baseMargins: new Float32Array(5) } },
      "baseMargins: must hold rows x outputs = 6",
    ],
    [
      "a base margin that is not a number",
      { data: { baseMargins: new Float32Array(6).fill(nan) } },
      "baseMargins: value 0 must be",
    ],
    ["a hold-out of other rows", { holdout: { rows: new Float32Array(3) } }, "holdout.rows: holds 3 values for 1"],
    [
      "an empty hold-out",
      { holdout: { rows: new Float32Array(), labels: new Float32Array() } },
      "holdout.rows: holds 0 values",
    ],
    ["no patience", { holdout: { patience: 0 } }, "holdout.patience: must be a whole number from 1, is 0"],
    ["a class of a hold-out", { holdout: { labels: Float32Array.of(3) } }, "holdout.labels, row 0: must be a class"],
    [
      "a label of a hold-out that is not a number",
      { parameters: linear, holdout: { labels: Float32Array.of(nan) } },
      "holdout.labels, row 0: must be a number",
    ],
    [
      "base margins of the hold-out alone",
      { holdout: { baseMargins: new Float32Array(3) } },
      "holdout.baseMargins: must be given where the training has them",
    ],
    [
      "base margins of the training alone",
      { data: { baseMargins: new Float32Array(6) }, holdout: {} },
      "holdout.baseMargins: must be given where the training has them",
    ],
  ])("refuses %s", (_, given, message) => {
    expect(failure(given).message).toContain(message);
  });

  it("names field and row in properties", () => {
    const error = failure({ data: { labels: Float32Array.of(0, 3) } });
    expect(error).toMatchObject({ field: "labels", row: 1 });
  });
});
