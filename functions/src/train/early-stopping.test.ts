import { describe, expect, it } from "vitest";
import { trainingSample } from "../../../test/training-data.ts";
import { parseBooster } from "../model/format.ts";
import { firstRounds, roundsOf } from "../model/rounds.ts";
import { writeBooster } from "../model/write-booster.ts";
import { lossOf } from "./early-stopping.ts";
import { predictWithModule, type Training, trainBooster } from "./module.ts";

const COLUMNS = 5;
const SAMPLE = trainingSample({ count: 300, columns: COLUMNS, seed: 21 });
const OTHER = trainingSample({ count: 300, columns: COLUMNS, seed: 22 });
const SHAPE = { eta: 0.5, max_depth: 5, min_child_weight: 1, lambda: 1, subsample: 1, colsample_bytree: 1 } as const;

describe("lossOf", () => {
  it.each([
    ["log-loss of classes", "multi:softprob", [0.5, 0.25, 0.25, 0.1, 0.2, 0.7], [0, 2], -Math.log(0.5 * 0.7) / 2],
    ["log-loss of logistic", "binary:logistic", [0.8, 0.8], [1, 0], -Math.log(0.8 * 0.2) / 2],
    ["log-loss of what was impossible, bounded", "binary:logistic", [0], [1], -Math.log(1e-16)],
    ["squared error", "reg:linear", [1, 5], [2, 2], 5],
  ] as const)("is the mean %s", (_, objective, predictions, labels, expected) => {
    expect(lossOf(objective, Float32Array.from(predictions), Float32Array.from(labels))).toBeCloseTo(expected, 5);
  });
});

describe("early stopping", () => {
  it.each([
    [{ objective: "multi:softprob", num_class: 3 }, "classes"],
    [{ objective: "reg:linear" }, "numbers"],
  ] as const)("keeps the rounds of the least loss on other rows: %j", async (objective, labels) => {
    const training = {
      rows: SAMPLE.rows,
      columns: COLUMNS,
      labels: SAMPLE[labels],
      parameters: { ...SHAPE, tree_method: "exact", ...objective } as Training["parameters"],
      rounds: 40,
      seed: 1,
    };
    const all = parseBooster(await trainBooster(training));
    const losses = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const bytes = writeBooster(firstRounds(all, i + 1));
        return lossOf(objective.objective, await predictWithModule(bytes, OTHER.rows, COLUMNS), OTHER[labels]);
      }),
    );
    const patience = 5;
    const stop = losses.findIndex((_, i) => i - indexOfLeast(losses.slice(0, i + 1)) >= patience);
    const best = 1 + indexOfLeast(stop < 0 ? losses : losses.slice(0, stop + 1));
    // Otherwise the sample shows nothing.
    expect(best).toBeLessThan(40 - patience);
    let rounds = 0;
    const onRound = (done: number): void => {
      rounds = done;
    };
    const holdout = { rows: OTHER.rows, labels: OTHER[labels], patience };
    const stopped = parseBooster(await trainBooster({ ...training, onRound, holdout }));
    expect(roundsOf(stopped)).toBe(best);
    expect(rounds).toBe(best + patience);
    expect(stopped).toEqual(firstRounds(all, best));
  });
});

function indexOfLeast(values: readonly number[]): number {
  return values.indexOf(Math.min(...values));
}
