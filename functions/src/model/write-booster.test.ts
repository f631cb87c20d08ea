import { describe, expect, it } from "vitest";
import { randomBooster } from "../../../test/random-booster.ts";
import { trainingSample } from "../../../test/training-data.ts";
import { predictWithModule, trainBooster } from "../train/module.ts";
import { parseBooster } from "./format.ts";
import { writeBooster } from "./write-booster.ts";

const SAMPLE = trainingSample({ count: 300, columns: 5, seed: 8 });
const SHAPE = { eta: 0.3, max_depth: 4, min_child_weight: 1, lambda: 1, subsample: 1, colsample_bytree: 1 } as const;

describe("writeBooster", () => {
  it.each([
    ["softprob", { features: 7, outputs: 3, trees: 20, depth: 5 }],
    ["regression", { features: 1, outputs: 1, trees: 4, depth: 8 }],
    ["nothing but leaves", { features: 3, outputs: 1, trees: 3, depth: 0 }],
    ["no trees", { features: 3, outputs: 2, trees: 0, depth: 0 }],
  ])("writes what is read back the same: %s", (_, shape) => {
    const random = randomBooster(shape, 3);
    const booster = { ...random, baseScores: random.baseScores.fill(0.1) };
    expect(parseBooster(writeBooster(booster))).toEqual(booster);
    const logistic = { ...booster, objective: "binary:logistic" } as const;
    if (shape.outputs === 1) expect(parseBooster(writeBooster(logistic))).toEqual(logistic);
  });

  it("writes what the module loads and predicts the same, without what was pruned", async () => {
    for (const [parameters, labels] of [
      [{ ...SHAPE, objective: "reg:linear", tree_method: "exact", gamma: 1e4 }, SAMPLE.numbers],
      [{ ...SHAPE, objective: "multi:softprob", num_class: 3, tree_method: "exact", gamma: 2 }, SAMPLE.classes],
      [{ ...SHAPE, objective: "reg:linear", tree_method: "hist" }, SAMPLE.numbers],
    ] as const) {
      const bytes = await trainBooster({ rows: SAMPLE.rows, columns: 5, labels, parameters, rounds: 6, seed: 1 });
      const written = writeBooster(parseBooster(bytes));
      expect(written.length).toBeLessThanOrEqual(bytes.length);
      const [own, theirs] = await Promise.all([written, bytes].map((file) => predictWithModule(file, SAMPLE.rows, 5)));
      expect(own).toEqual(theirs);
    }
  });

  it("writes byte for byte what the module wrote, where nothing was pruned", async () => {
    const parameters = { ...SHAPE, objective: "multi:softprob", num_class: 3, tree_method: "hist" } as const;
    const { rows, classes: labels } = SAMPLE;
    const bytes = await trainBooster({ rows, columns: 5, labels, parameters, rounds: 3, seed: 1 });
    expect(writeBooster(parseBooster(bytes))).toEqual(bytes);
  });

  it("refuses a base score for each class", () => {
    const booster = randomBooster({ features: 3, outputs: 3, trees: 3, depth: 1 }, 1);
    expect(() => writeBooster(booster)).toThrow("has no place in the binary format");
  });
});
