import { describe, expect, it } from "vitest";
import { classificationFigures } from "./classification.ts";

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
    expect(found.reliability.map(({ rows }) => rows)).toEqual([0, 0, 0, 2, 1, 1, 1, 1, 1, 0]);
    expect(found.reliability[3]).toMatchObject({ from: 0.3, to: 0.4, accuracy: 0.5 });
    expect(found.reliability[3]?.confidence).toBeCloseTo(0.375, 12);
    expect(found.reliability[0]?.accuracy).toBeNaN();
  });

  it.each([
    ["certain and right", [1, 0, 0, 1], [0, 1], { accuracy: 1, macroF1: 1, ece: 0 }],
    ["certain and wrong", [1, 0, 0, 1], [1, 0], { accuracy: 0, macroF1: 0, ece: 1 }],
    ["undecided, which is the first class", [0.5, 0.5, 0.5, 0.5], [0, 1], { accuracy: 0.5, macroF1: 1 / 3, ece: 0 }],
    ["without one of the classes", [1, 0], [0], { accuracy: 1, macroF1: 0.5, ece: 0 }],
  ])("judges what is %s", (_, probabilities, labels, expected) => {
    const found = classificationFigures({ probabilities, labels, classes: 2 });
    for (const [name, value] of Object.entries(expected)) {
      expect(found[name as "accuracy" | "macroF1" | "ece"]).toBeCloseTo(value, 12);
    }
  });
});
