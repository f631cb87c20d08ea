import { describe, expect, it } from "vitest";
import { addRow, classificationFigures, reliabilityFrom, sumsOf } from "./classification.ts";

// scikit-learn 1.9.1: accuracy_score 0.5714285714285714, f1_score(average="macro") 0.5666666666666668; ECE by its definition.
const PROBABILITIES = [
  [0.7, 0.2, 0.1],
  [0.3, 0.4, 0.3],
  [0.05, 0.05, 0.9],
  [0.5, 0.5, 0],
  [0.2, 0.2, 0.6],
  [0.35, 0.33, 0.32],
  [0.1, 0.8, 0.1],
];
const LABELS = [0, 1, 2, 1, 0, 2, 1];

describe("classificationFigures", () => {
  it("gives known values", () => {
    const found = classificationFigures({ probabilities: PROBABILITIES.flat(), labels: LABELS, classes: 3 });
    expect(found.accuracy).toBeCloseTo(0.571_428_571_428_571_4, 12);
    expect(found.macroF1).toBeCloseTo(0.566_666_666_666_666_8, 12);
    expect(found.ece).toBeCloseTo(0.278_571_428_571_428_6, 12);
  });

  it("weighs rows", () => {
    // scikit-learn 1.9.1, y = [0,1,2,1], p = [[.7,.2,.1],[.3,.4,.3],[.4,.3,.3],[.05,.9,.05]], sample_weight=[1,.5,.25,1]:
    // log_loss with .3 for the third row; accuracy (1 + .5 + 1) / 2.75; f1_score(average="macro") = (8/9 + 1 + 0) / 3, since class 2 is there.
    const probabilities = [0.7, 0.2, 0.1, 0.3, 0.4, 0.3, 0.4, 0.3, 0.3, 0.05, 0.9, 0.05];
    const weights = [1, 0.5, 0.25, 1];
    const found = classificationFigures({ probabilities, labels: [0, 1, 2, 1], weights, classes: 3 });
    const nll = -(Math.log(0.7) + 0.5 * Math.log(0.4) + 0.25 * Math.log(0.3) + Math.log(0.9));
    expect(found.logLoss).toBeCloseTo(nll / 2.75, 14);
    expect(found.accuracy).toBeCloseTo(2.5 / 2.75, 14);
    expect(found.macroF1).toBeCloseTo((8 / 9 + 1) / 3, 14);
  });

  it("clips what was called impossible", () => {
    // scikit-learn 1.9.1: log_loss([0,1,2], [[1.,0,0],[0,1.,0],[1.,0,0]])
    const certain = classificationFigures({
      probabilities: [1, 0, 0, 0, 1, 0, 1, 0, 0],
      labels: [0, 1, 2],
      classes: 3,
    });
    expect(certain.logLoss).toBeCloseTo(12.014551129705717, 12);
  });

  it("tells how confidence and accuracy go together", () => {
    const sums = new Float64Array(sumsOf(3));
    PROBABILITIES.forEach((probabilities, i) => {
      addRow(sums, 0, 3, { probabilities, label: LABELS[i] ?? -1, weight: 1 });
    });
    const bins = reliabilityFrom(sums, 0, 3);
    expect(bins.map(({ weight }) => weight)).toEqual([0, 0, 0, 2, 1, 1, 1, 1, 1, 0]);
    expect(bins[3]).toMatchObject({ from: 0.3, to: 0.4, accuracy: 0.5 });
    expect(bins[3]?.confidence).toBeCloseTo(0.375, 12);
    expect(bins[0]).toMatchObject({ weight: 0, confidence: 0, accuracy: 0 });
  });

  it("is unknown without rows", () => {
    const { accuracy, logLoss, macroF1, ece } = classificationFigures({ probabilities: [], labels: [], classes: 3 });
    expect([accuracy, logLoss, macroF1, ece]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
  });

  it.each([
    ["certain and right", [1, 0, 0, 1], [0, 1], { accuracy: 1, macroF1: 1, ece: 0 }],
    ["certain and wrong", [1, 0, 0, 1], [1, 0], { accuracy: 0, macroF1: 0, ece: 1 }],
    ["undecided, which is the first class", [0.5, 0.5, 0.5, 0.5], [0, 1], { accuracy: 0.5, macroF1: 1 / 3, ece: 0 }],
    ["without one of the classes", [1, 0], [0], { accuracy: 1, macroF1: 1, ece: 0 }],
  ])("judges what is %s", (_, probabilities, labels, expected) => {
    const found = classificationFigures({ probabilities, labels, classes: 2 });
    for (const [name, value] of Object.entries(expected)) {
      expect(found[name as "accuracy" | "macroF1" | "ece"]).toBeCloseTo(value, 12);
    }
  });
});
