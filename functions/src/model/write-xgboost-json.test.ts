import { describe, expect, it } from "vitest";
import { randomBooster, tryingRows } from "../../../test/random-booster.ts";
import { logOdds } from "./prediction.ts";
import { readXgboostJson } from "./read-xgboost-json.ts";
import { Scorer } from "./scorer.ts";
import { writeXgboostJson } from "./write-xgboost-json.ts";

function someBooster(shape: Parameters<typeof randomBooster>[0], seed: number) {
  const random = randomBooster(shape, seed);
  return { ...random, value: random.value.map((value) => (Number.isFinite(value) ? value : 0.25)) };
}

describe("writeXgboostJson", () => {
  it.each([
    ["softprob", { features: 7, outputs: 3, trees: 20, depth: 5 }],
    ["regression", { features: 32, outputs: 1, trees: 9, depth: 6 }],
    ["leaves alone", { features: 1, outputs: 1, trees: 2, depth: 0 }],
    ["no trees", { features: 1, outputs: 2, trees: 0, depth: 0 }],
  ])("writes what is read back to the bit: %s", (_, shape) => {
    const booster = someBooster(shape, 9);
    // -0 as a threshold parts what 0 parts.
    const zeros = { ...booster, baseFirst: true, value: booster.value.map((value) => value + 0) };
    expect(readXgboostJson(writeXgboostJson(zeros))).toEqual(zeros);
  });

  it("writes every float with a point, which XGBoost asks for", () => {
    const booster = { ...someBooster({ features: 2, outputs: 1, trees: 1, depth: 1, bushy: true }, 1) };
    const text = writeXgboostJson({ ...booster, value: Float32Array.of(5, 1e-45, -3), baseScores: Float32Array.of(2) });
    expect(text).toContain('"split_conditions":[5.00000000e+0,1.40129846e-45,-3.00000000e+0]');
    expect(text).toContain('"base_score":"2.00000000e+0"');
  });

  it("gives one base score where all are the same, and each where they are not", () => {
    const booster = someBooster({ features: 2, outputs: 2, trees: 0, depth: 0 }, 1);
    const text = (...scores: number[]): string =>
      writeXgboostJson({ ...booster, baseScores: Float32Array.from(scores) });
    expect(text(0.5, 0.5)).toContain('"base_score":"5.00000000e-1"');
    expect(text(0.5, 0.5)).toContain('"version":[1,7,6]');
    expect(text(0.5, 1)).toContain('"base_score":"[5.00000000e-1,1.00000000e+0]"');
    expect(text(0.5, 1)).toContain('"version":[3,1,0]');
  });

  it("gives the base score of logistic as a probability", () => {
    const booster = someBooster({ features: 2, outputs: 1, trees: 0, depth: 0 }, 1);
    const text = (score: number): string =>
      writeXgboostJson({ ...booster, objective: "binary:logistic", baseScores: Float32Array.of(score) });
    expect(text(Math.log(3))).toContain('"base_score":"7.50000000e-1"');
    expect(readXgboostJson(text(-1.25)).baseScores[0]).toBeCloseTo(-1.25, 6);
    // What trainings start from: log-odds of a probability in float32.
    for (const p of [1e-6, 0.004, 0.9995, 1 - 1e-6].map(Math.fround)) {
      const score = logOdds(p);
      expect(readXgboostJson(text(score)).baseScores[0]).toBeCloseTo(score, 5);
    }
    // The last is between two probabilities that are one ten-thousandth of a margin apart.
    for (const score of [40, -200, -14, 14, 9.0003]) expect(() => text(score)).toThrow("too far out");
  });

  it("numbers siblings side by side, which XGBoost 1.x relies on", () => {
    const booster = someBooster({ features: 2, outputs: 1, trees: 1, depth: 2, bushy: true }, 1);
    // Root, its left child with two leaves, its right child: a tree numbered depth first.
    const apart = {
      ...booster,
      left: Int32Array.of(1, 2, -1, -1, 5, -1, -1),
      right: Int32Array.of(4, 3, -1, -1, 6, -1, -1),
    };
    const read = readXgboostJson(writeXgboostJson(apart));
    expect(Array.from(read.left)).toEqual([1, 3, 5, -1, -1, -1, -1]);
    expect(Array.from(read.right)).toEqual([2, 4, 6, -1, -1, -1, -1]);
    const [own, theirs] = [apart, read].map((one) => new Scorer({ ...one, baseFirst: true }));
    for (const row of tryingRows([apart], 200, 1)) expect(theirs?.margins(row)).toEqual(own?.margins(row));
  });

  it("refuses an infinite threshold", () => {
    const booster = someBooster({ features: 2, outputs: 1, trees: 1, depth: 1, bushy: true }, 1);
    expect(() => writeXgboostJson({ ...booster, value: Float32Array.of(Infinity, 1, 2) })).toThrow("as JSON");
  });
});
