import { describe, expect, it } from "vitest";
import { Lifecycle } from "../config.ts";
import { addCluster, noRatioSums } from "../stats/clustered-ratio.ts";
import { accuracyFigures, driftFigures } from "./answers.ts";
import type { PairedAccuracy } from "./evidence.ts";

const { deployment: policy } = Lifecycle.parse({});

/** Of so many visitors the candidate alone is right for some, stable alone for others, and both are for half of the rest. */
function paired({ n = 1000, better = 50, worse = 50 }): PairedAccuracy {
  const sums = noRatioSums();
  for (let i = 0; i < n; i++) addCluster(sums, { y: i < better ? 1 : i < better + worse ? -1 : 0, w: 1 });
  const both = (n - better - worse) / 2;
  return { group: "density", sums, candidate: (better + both) / n, stable: (worse + both) / n };
}

/*
 * numpy 2 and scipy 1.17: e = (better - worse) / n, se = sqrt(n / (n - 1) (better + worse - n e^2)) / n, at least 1 / n, bounds of a sequence
 * at .002 for harm and .1 to pass, tuned for 500 visitors, t with n - 1 degrees of freedom.
 */
describe("accuracy on the same visits", () => {
  it("has the bounds of a sequence, and says them", () => {
    const [figure] = accuracyFigures([paired({ worse: 150 })], policy);
    expect(figure?.lower).toBeCloseTo(-0.15346474682072153, 9);
    expect(figure?.upper).toBeCloseTo(-0.04653525317927849, 9);
    expect(figure).toMatchObject({ finding: "unsure", scope: "density", n: 1000, dry_run: false });
    expect(figure?.reason).toBe("accuracy of density 45.0 % against 55.0 % on 1000 visitors, -10.0 [-15.3, -4.7]");
  });

  it.each([
    { worse: 154, finding: "harm" },
    { worse: 153, finding: "unsure" },
    { worse: 73, finding: "unsure" },
    { worse: 72, finding: "passed" },
    { worse: 0, finding: "passed" },
  ])("of 50 better and $worse worse is: $finding", ({ worse, finding }) => {
    expect(accuracyFigures([paired({ worse })], policy)[0]?.finding).toBe(finding);
  });

  it("deals the alpha out among groups", () => {
    const of = (worse: number) =>
      accuracyFigures([paired({ worse }), { ...paired({}), group: "font" }], policy).map(({ finding }) => finding);
    expect(of(156)).toEqual(["unsure", "passed"]);
    expect(of(157)).toEqual(["harm", "passed"]);
  });

  it.each([
    { n: 99, finding: "insufficient_data" },
    { n: 100, finding: "harm" },
  ])("of $n visitors, all of them worse, is: $finding", ({ n, finding }) => {
    expect(accuracyFigures([paired({ n, better: 0, worse: n })], policy)[0]?.finding).toBe(finding);
  });

  it("is not beyond doubt because nobody differs", () => {
    const [figure] = accuracyFigures([paired({ n: 100, better: 0, worse: 0 })], policy);
    expect(figure).toMatchObject({ finding: "passed", estimate: 0 });
    expect(figure?.lower).toBeLessThan(-0.03);
  });

  it("is measured and decides nothing in a dry run", () => {
    const { deployment: dry } = Lifecycle.parse({ deployment: { guardrails: { accuracy: { dry_run: true } } } });
    expect(accuracyFigures([paired({ worse: 154 })], dry)[0]).toMatchObject({ finding: "harm", dry_run: true });
  });
});

describe("drift of answers", () => {
  // sqrt(log(1 / .001) / 2 * (1 / 1000 + 1 / 2000)) = 0.07197788868282122, and 0.07550282673288837 at .0005
  const drift = (distance: number, n = 1000) => ({ group: "theme" as const, distance, n, m: 2000 });

  it.each([
    { distance: 0.2219, finding: "unsure" },
    { distance: 0.222, finding: "harm" },
  ])("of $distance is: $finding", ({ distance, finding }) => {
    const [figure] = driftFigures([drift(distance)], policy);
    expect(figure).toMatchObject({ finding, margin: 0.15 });
    expect(figure?.lower).toBeCloseTo(distance - 0.07197788868282122, 12);
  });

  it("deals the alpha out among groups", () => {
    const findings = driftFigures([drift(0.2254), drift(0.2256)], policy).map(({ finding }) => finding);
    expect(findings).toEqual(["unsure", "harm"]);
  });

  it("says nothing of 99 visitors, but how far they are", () => {
    expect(driftFigures([drift(1, 99)], policy)[0]).toMatchObject({
      finding: "insufficient_data",
      estimate: 1,
      lower: null,
      reason: "answers of theme: 99 visitors, 100 are needed",
    });
    expect(driftFigures([drift(1, 100)], policy)[0]?.finding).toBe("harm");
  });
});
