import { describe, expect, it } from "vitest";
import { someStratum } from "../../../test/some-strata.ts";
import type { Stratum } from "../collect/arm-sums.ts";
import { Lifecycle } from "../config.ts";
import { meanFigure, meanMetrics } from "./differences.ts";
import type { Metric } from "./schema.ts";

const { deployment: policy } = Lifecycle.parse({});
const OF_ALL = 0.8;
const OF_STAGE = 0.04;

function figure(metric: Metric, strata: readonly Stratum[], { spends = OF_ALL, isLastPass = false } = {}) {
  const asked = meanMetrics(policy, { isLastPass }).find((of) => of.metric === metric);
  if (asked === undefined) throw new Error(`${metric} is no mean`);
  return meanFigure(asked, { name: "all", strata, spends }, policy);
}

/*
 * Every number below is of numpy 2 and scipy 1.17, where an arm of mean m has a standard error of 0.2 m / sqrt(127):
 *   width = lambda alpha, n, df: max(w, -t.ppf(norm.cdf(-w), df)),  w = sqrt(2 (x + 1) / x log1p(sqrt(x + 1) / (2 alpha))),
 *   x = n (s + log(s + 1)) / 500,  s = -2 log(2 alpha),  n = 12800 * 1280 / 14080,  df by Welch and Satterthwaite;
 * boundaries by brentq(lambda m: bound(m) - margin).
 */
describe("a difference of means", () => {
  it("has the estimate and the bounds of a sequence, and says them", () => {
    const found = figure("engagement", [someStratum({ treatment: { engaged: 0.17 } })]);
    expect(found).toMatchObject({ finding: "harm", n: expect.closeTo(1280, 6), scope: "all", dry_run: false });
    expect(found.estimate).toBeCloseTo(-0.03, 12);
    expect(found.lower).toBeCloseTo(-0.047364582944564866, 9);
    expect(found.upper).toBeCloseTo(-0.012635417055435139, 9);
    expect(found.reason).toBe("engagement 17.0 % against 20.0 %, -3.0 [-4.7, -1.3]");
  });

  it("has wider bounds where it may spend less", () => {
    const found = figure("engagement", [someStratum({ treatment: { engaged: 0.17 } })], { spends: OF_STAGE });
    expect(found.lower).toBeCloseTo(-0.05121874114974702, 9);
    expect(found.upper).toBeCloseTo(-0.008781258850252986, 9);
  });

  it("takes a small arm's variance for no less than the control's, and a larger one's at its word", () => {
    const small = figure("engagement", [someStratum({ treatment: { engaged: 0.17, visits: 200 } })]);
    expect(small.upper).toBeCloseTo(0.07946736001666029, 9);
    const [under, from] = [499, 500].map((visits) =>
      figure("engagement", [someStratum({ treatment: { engaged: 0.17, visits } })]),
    );
    expect(under?.finding).not.toBe("harm");
    expect(from?.finding).toBe("harm");
  });

  it.each<[Metric, Parameters<typeof someStratum>[0]["treatment"] & object, string]>([
    // Harm beyond doubt, and within the margin to pass by: harm it is.
    ["engagement", { engaged: 0.1821 }, "harm"],
    ["engagement", { engaged: 0.1822 }, "passed"],
    ["engagement", { engaged: 0.25 }, "passed"],
    ["click_through", { clickThrough: 0.09 }, "harm"],
    ["click_through", { clickThrough: 0.1 }, "unsure"],
    ["rendering", { renderingMs: 90 }, "harm"],
    ["rendering", { renderingMs: 30 }, "unsure"],
    ["latency", { latencyMs: 97.55 }, "harm"],
    ["latency", { latencyMs: 97.54 }, "unsure"],
    ["latency", { latencyMs: 85.74 }, "unsure"],
    ["latency", { latencyMs: 85.72 }, "passed"],
    ["missing_logs", { noLog: 0.0383 }, "harm"],
    ["missing_logs", { noLog: 0.0382 }, "unsure"],
    ["missing_logs", { noLog: 0 }, "unsure"],
  ])("of %s finds %j to be %s", (metric, treatment, finding) => {
    expect(figure(metric, [someStratum({ treatment })]).finding).toBe(finding);
  });

  it.each([
    { margin: "three points before everybody has it", isLastPass: true, engaged: 0.1822, finding: "passed" },
    { margin: "three points before everybody has it", isLastPass: true, engaged: 0.18215, finding: "unsure" },
    { margin: "five points before that", isLastPass: false, engaged: 0.18215, finding: "passed" },
  ])("has a margin of $margin: $engaged has $finding", ({ isLastPass, engaged, finding }) => {
    expect(figure("engagement", [someStratum({ treatment: { engaged } })], { isLastPass }).finding).toBe(finding);
  });

  it.each<[string, Metric, Parameters<typeof someStratum>[0]["treatment"] & object, RegExp]>([
    ["99 visits", "engagement", { visits: 99, engaged: 0 }, /^engagement: 99 of the candidate's, 100 are needed$/],
    ["99 ratings", "satisfaction", { ratings: 99, satisfaction: 1 }, /99 of the candidate's, 100 are needed/],
  ])("says nothing of %s", (_, metric, treatment, reason) => {
    const found = figure(metric, [someStratum({ treatment })]);
    expect(found).toMatchObject({ finding: "insufficient_data", estimate: null, lower: null, upper: null });
    expect(found.reason).toMatch(reason);
  });

  it("speaks of 100 ratings", () => {
    const strata = [someStratum({ control: { ratings: 1000 }, treatment: { ratings: 100, satisfaction: 1 } })];
    expect(figure("satisfaction", strata).finding).toBe("harm");
  });

  it("says nothing where there is no control", () => {
    const found = figure("engagement", [{ ...someStratum({}), control: null }]);
    expect(found).toMatchObject({ finding: "insufficient_data", estimate: null });
  });

  it("compares within strata: a candidate that had more of its visits in bad hours is no worse", () => {
    const strata = [
      someStratum({ control: { visits: 1000, engaged: 0.1 }, treatment: { visits: 1000, engaged: 0.1 } }),
      someStratum({ control: { visits: 1000, engaged: 0.3 }, treatment: { visits: 100, engaged: 0.3 } }),
    ];
    // Pooled, it would be 11.8 % against 20 %.
    expect(figure("engagement", strata).estimate).toBeCloseTo(0, 12);
  });
});
