import { describe, expect, it } from "vitest";
import { accuracy, logLoss, majorityClass, meanAbsoluteError } from "./metrics.ts";

const weights = [1, 0.5, 0.25, 1];

describe("metrics", () => {
  it("weigh accuracy", () => {
    // scikit-learn 1.9.1: accuracy_score([0,1,2,1], [0,2,2,1], sample_weight=[1,.5,.25,1])
    expect(accuracy({ predicted: [0, 2, 2, 1], actual: [0, 1, 2, 1], weights })).toBeCloseTo(0.8181818181818182, 15);
  });

  it("weigh log-loss", () => {
    // log_loss([0,1,2,1], [[.7,.2,.1],[.3,.4,.3],[.2,.3,.5],[.05,.9,.05]], sample_weight=[1,.5,.25,1])
    expect(logLoss({ probabilities: [0.7, 0.4, 0.5, 0.9], weights })).toBeCloseTo(0.3976245893358628, 15);
  });

  it("clip what was called impossible", () => {
    // log_loss([0,1,2], [[1.,0,0],[0,1.,0],[1.,0,0]])
    expect(logLoss({ probabilities: [1, 1, 0], weights: [1, 1, 1] })).toBeCloseTo(12.014551129705717, 12);
  });

  it("weigh absolute errors", () => {
    // mean_absolute_error([1,.9,1.15,1], [1.1,.9,1,.8], sample_weight=[1,.5,.25,1])
    const actual = [1, 0.9, 1.15, 1];
    expect(meanAbsoluteError({ predicted: [1.1, 0.9, 1, 0.8], actual, weights, period: null })).toBeCloseTo(
      0.12272727272727274,
      15,
    );
  });

  it.each([
    { predicted: 350, actual: 10, error: 20 },
    { predicted: 10, actual: 350, error: 20 },
    { predicted: 0, actual: 360, error: 0 },
    { predicted: 0, actual: 180, error: 180 },
    { predicted: 90, actual: 300, error: 150 },
  ])("go the short way round from $predicted to $actual degrees", ({ predicted, actual, error }) => {
    expect(meanAbsoluteError({ predicted: [predicted], actual: [actual], weights: [1], period: 360 })).toBe(error);
  });

  it("find the class with most weight, not with most rows", () => {
    expect(majorityClass([0, 0, 2], [0.25, 0.25, 1], 3)).toBe(2);
    expect(majorityClass([1, 0], [1, 1], 3)).toBe(0);
  });
});
