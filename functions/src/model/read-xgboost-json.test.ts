import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomBooster } from "../../../test/random-booster.ts";
import { ModelFormatError } from "./byte-reader.ts";
import { readXgboostJson } from "./read-xgboost-json.ts";
import { Scorer } from "./scorer.ts";
import { writeXgboostJson } from "./write-xgboost-json.ts";

/** A model of three features, two classes and six trees of three nodes at least. */
const BOOSTER = randomBooster({ features: 3, outputs: 2, trees: 6, depth: 2, bushy: true }, 4);

type Path = readonly (string | number)[];
const LEARNER: Path = ["learner", "learner_model_param"];
const GBTREE: Path = ["learner", "gradient_booster", "model"];
const TREE: Path = [...GBTREE, "trees", 1];

/** The model's JSON with the value at a path replaced. */
function changed(path: Path, value: unknown): string {
  const json: unknown = JSON.parse(writeXgboostJson(finite()));
  let at = json as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  at[path.at(-1) ?? ""] = value;
  return JSON.stringify(json);
}

/** JSON has no infinite thresholds. */
function finite() {
  return { ...BOOSTER, value: BOOSTER.value.map((value) => (Number.isFinite(value) ? value : 1)) };
}

function failure(text: string): string {
  try {
    readXgboostJson(text);
  } catch (error) {
    if (error instanceof ModelFormatError) return error.message;
    throw error;
  }
  throw new Error("was accepted");
}

describe("readXgboostJson", () => {
  it.each([
    ["5E-1", [0.5, 0.5]],
    ["[5E-1]", [0.5, 0.5]],
    ["[5E-1,-2.5E-1]", [0.5, -0.25]],
  ])("reads the base score %s", (text, expected) => {
    const { baseScores } = readXgboostJson(changed([...LEARNER, "base_score"], text));
    expect(Array.from(baseScores)).toEqual(expected);
  });

  it("takes default ways as booleans, which early versions wrote", () => {
    const ways = [true, false, true, false, false, false, false];
    const { defaultLeft } = readXgboostJson(changed([...TREE, "default_left"], ways));
    expect([7, 8, 9].map((node) => defaultLeft[node])).toEqual([1, 0, 1]);
  });

  it.each<[string, Path, unknown, string]>([
    ["dart", ["learner", "gradient_booster", "name"], "dart", 'booster: "dart" is not supported'],
    ["gblinear", ["learner", "gradient_booster", "name"], "gblinear", 'booster: "gblinear" is not supported'],
    ["an unknown objective", ["learner", "objective", "name"], "rank:ndcg", 'objective: "rank:ndcg" is not supported'],
    ["an objective named like a method", ["learner", "objective", "name"], "toString", 'objective: "toString" is not'],
    ["a base score that is none", [...LEARNER, "base_score"], "half", 'learner: base_score is "half"'],
    ["no base score", [...LEARNER, "base_score"], "[]", 'learner: base_score is "[]"'],
    ["a base score too many", [...LEARNER, "base_score"], "[1,2,3]", "learner: 3 base scores for 2 outputs"],
    ["one class", [...LEARNER, "num_class"], "1", "learner: num_class is 1"],
    ["no features", [...LEARNER, "num_feature"], "0", "learner: 0 features"],
    ["several targets", [...LEARNER, "num_target"], "2", "learner: several targets"],
    ["a count that is none", [...LEARNER, "num_class"], "-1", "learner.learner_model_param.num_class: "],
    ["another number of trees", [...GBTREE, "gbtree_model_param", "num_trees"], "7", "gbtree: 6 trees and 6 outputs"],
    ["vector leaves", [...GBTREE, "gbtree_model_param", "size_leaf_vector"], "2", "gbtree: vector leaves"],
    ["an output that does not exist", [...GBTREE, "tree_info", 1], 2, "tree_info[1]: output 2 of 2"],
    ["too few thresholds", [...TREE, "split_conditions"], [1], "tree 1: split_conditions has 1 values for 7 nodes"],
    ["a vector in a leaf", [...TREE, "tree_param", "size_leaf_vector"], "2", "tree 1: vector leaves"],
    ["categories", [...TREE, "split_type", 0], 1, "tree 1: splits by category"],
    [
      "a text for a threshold",
      [...TREE, "split_conditions", 0],
      "1",
      "learner.gradient_booster.model.trees.1.split_con",
    ],
    ["a fraction for a child", [...TREE, "left_children", 0], 1.5, "learner.gradient_booster.model.trees.1.left_chi"],
    ["a child outside of the tree", [...TREE, "left_children", 0], 7, "tree 1, node 0: has child 7 of 7 nodes"],
    ["the root as a child", [...TREE, "right_children", 0], 0, "tree 1, node 0: has child 0 of 7 nodes"],
    ["an unknown feature", [...TREE, "split_indices", 0], 3, "tree 1, node 0: splits on feature 3 of 3"],
    ["a leaf beyond float32", [...TREE, "split_conditions", 6], 1e300, "tree 1, node 6: its leaf is not finite"],
    ["deleted nodes that are not", [...TREE, "tree_param", "num_deleted"], "1", "tree 1: 0 nodes are deleted, not 1"],
  ])("refuses %s", (_, path, value, message) => {
    expect(failure(changed(path, value))).toContain(message);
  });

  it("says why it refuses the numbers that XGBoost adds to JSON", () => {
    for (const number of ["NaN", "Infinity", "-Infinity"]) {
      const text = changed([...TREE, "split_conditions", 0], 12345).replace("12345", number);
      expect(failure(text)).toContain("file: holds NaN or Infinity: it splits by category");
    }
  });

  it("refuses a base score of logistic that is no probability", () => {
    const logistic = {
      ...randomBooster({ features: 1, outputs: 1, trees: 0, depth: 0 }, 1),
      objective: "binary:logistic",
    } as const;
    const text = writeXgboostJson({ ...logistic, baseScores: Float32Array.of(0) });
    for (const score of ["0", "1", "1.5", "-1"]) {
      expect(failure(text.replace("5.00000000e-1", score))).toBe(`learner: base_score is "${score}"`);
    }
  });

  it("takes 0 and 1 for next to them where XGBoost 3.2 wrote them, as it does itself", () => {
    const logistic = {
      ...randomBooster({ features: 1, outputs: 1, trees: 0, depth: 0 }, 1),
      objective: "binary:logistic",
    } as const;
    const text = writeXgboostJson({ ...logistic, baseScores: Float32Array.of(0) }).replace("[1,7,6]", "[3,2,0]");
    // What Python's XGBoost 3.2.0 answers (margins).
    for (const [score, margin] of [
      ["[0E0]", -13.81551],
      ["[1.00000001E-7]", -13.81551],
      ["[9.99999881E-1]", 13.74516],
      ["[1E0]", 13.74516],
    ] as const) {
      expect(readXgboostJson(text.replace("5.00000000e-1", score)).baseScores[0]).toBeCloseTo(margin, 5);
    }
  });

  it("takes or refuses 3000 mutants, and never answers with what is not a number", () => {
    const text = writeXgboostJson(finite());
    let taken = 0;
    const mutation = fc.array(fc.tuple(fc.nat(), fc.constantFrom(...'0123456789-.,[]{}"e+a')), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(mutation, (changes) => {
        const mutant = [...text];
        for (const [at, letter] of changes) mutant[at % mutant.length] = letter;
        try {
          const booster = readXgboostJson(mutant.join(""));
          taken++;
          const row = new Float64Array(booster.features);
          return new Scorer(booster).margins(row).every(Number.isFinite);
        } catch (error) {
          return error instanceof ModelFormatError;
        }
      }),
      { seed: 1, numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(300);
    expect(taken).toBeLessThan(2700);
  });
});
