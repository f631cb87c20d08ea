import { describe, expect, it } from "vitest";
import type { TrainingParameters } from "./parameters.ts";
import { checkTrainingInput, type TrainingData, TrainingInputError } from "./training-input.ts";

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
  rounds?: number;
  seed?: number;
}

function check({ data, parameters, rounds = 5, seed = 1 }: Case) {
  const all = Object.entries({ ...SOFTPROB, ...parameters }).filter(([, value]) => value !== undefined);
  const given = Object.fromEntries(all) as unknown as TrainingParameters;
  return checkTrainingInput({ ...GOOD, ...data }, given, { rounds, seed });
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
      "rows, column 1, row 0: must be finite",
    ],
    [
      "a value minus infinite",
      { data: { rows: Float32Array.of(0, 1, -Infinity, 3) } },
      "rows, column 0, row 1: must be",
    ],
    ["nothing but missing values with hist", { data: { rows: new Float32Array(4).fill(nan) } }, "rows: every value is"],
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
  ])("refuses %s", (_, given, message) => {
    expect(failure(given).message).toContain(message);
  });

  it("names field and row in properties", () => {
    const error = failure({ data: { labels: Float32Array.of(0, 3) } });
    expect(error).toMatchObject({ field: "labels", row: 1 });
  });
});
