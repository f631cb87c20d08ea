import { describe, expect, it } from "vitest";
import { someStratum } from "../../../test/some-strata.ts";
import { Lifecycle } from "../config.ts";
import { eventFigure, sampleRatioFigure } from "./events.ts";

const { deployment: policy } = Lifecycle.parse({});
const OF_ALL = 0.8;
const OF_STAGE = 0.04;

function errors(control: number, treatment: number, { visitors = 200, spends = OF_ALL } = {}) {
  const strata = [
    someStratum({ control: { visitors: 10 * visitors, erred: control }, treatment: { visitors, erred: treatment } }),
  ];
  return eventFigure("errors", { name: "all", strata, spends }, policy);
}

/*
 * scipy 1.17, p = .05 / .55, more than -log(.002 * .8) or -log(.002 * .04):
 *   logsumexp([t * log(r / (r p + 1 - p)) - c * log(r p + 1 - p) for r in (1.5, 2.5, 4, 8, 16)]) - log(5)
 */
describe("visitors with an error", () => {
  it.each([
    { control: 0, treatment: 4, finding: "unsure" },
    { control: 0, treatment: 5, finding: "harm" },
    { control: 4, treatment: 5, finding: "unsure" },
    { control: 4, treatment: 6, finding: "harm" },
    { control: 20, treatment: 10, finding: "unsure" },
    { control: 20, treatment: 11, finding: "harm" },
  ])("$treatment against $control in ten times as many are: $finding", ({ control, treatment, finding }) => {
    expect(errors(control, treatment).finding).toBe(finding);
  });

  it("takes more evidence to be harm where less may be spent", () => {
    expect(errors(4, 7, { spends: OF_STAGE }).finding).toBe("unsure");
    expect(errors(4, 8, { spends: OF_STAGE }).finding).toBe("harm");
  });

  // logsumexp([e * log(r / .02) + (n - e) * (log1p(-r) - log1p(-.02)) for r in (.001, .003, .006, .01)]) - log(4) >= log(10)
  it.each([
    { erred: 0, visitors: 144, finding: "unsure" },
    { erred: 0, visitors: 145, finding: "passed" },
    { erred: 1, visitors: 261, finding: "unsure" },
    { erred: 1, visitors: 262, finding: "passed" },
    { erred: 3, visitors: 459, finding: "unsure" },
    { erred: 3, visitors: 460, finding: "passed" },
  ])("$erred of $visitors, with many in the control, are: $finding", ({ erred, visitors, finding }) => {
    expect(errors(100, erred, { visitors }).finding).toBe(finding);
  });

  it("says nothing without a visitor, and never that there is no harm", () => {
    expect(errors(0, 0, { visitors: 0 })).toMatchObject({
      finding: "insufficient_data",
      estimate: null,
      treatment: null,
      control: null,
    });
  });

  it("adds up evidence of stages, and leaves out what has no control", () => {
    const stage = someStratum({ control: { erred: 4 }, treatment: { visitors: 200, erred: 4 } });
    const of = (strata: (typeof stage)[]) =>
      eventFigure("errors", { name: "all", strata, spends: OF_ALL }, policy).finding;
    expect(of([stage])).toBe("unsure");
    expect(of([stage, stage])).toBe("harm");
    expect(of([stage, { ...stage, control: null }])).toBe("unsure");
  });

  it("tells its figures", () => {
    expect(errors(4, 6).reason).toBe("errors: 6 of 200 visitors against 4 of 2000, evidence of more 1100");
  });

  it("never lets a stage pass on negative feedback, which only can be harm", () => {
    const strata = [someStratum({ control: { negative: 4 }, treatment: { negative: 0 } })];
    expect(eventFigure("negative_feedback", { name: "all", strata, spends: OF_ALL }, policy).finding).toBe("unsure");
    const more = [someStratum({ control: { negative: 4 }, treatment: { negative: 6 } })];
    expect(eventFigure("negative_feedback", { name: "all", strata: more, spends: OF_ALL }, policy)).toMatchObject({
      finding: "harm",
      reason: expect.stringMatching(/^negative feedback: 6 of 640 visitors against 4 of 6400/),
    });
  });
});

/*
 * scipy 1.17, K = 200, p = .05 / .55, more than -log(.00025):
 *   gammaln(K) - gammaln(K + c + t) + gammaln(K (1 - p) + c) - gammaln(K (1 - p)) - c log(1 - p) + gammaln(K p + t) - gammaln(K p) - t log(p)
 */
describe("the sample ratio", () => {
  it.each([
    { treatment: 50, finding: "harm" },
    { treatment: 51, finding: "harm" },
    { treatment: 52, finding: "unsure" },
    { treatment: 91, finding: "unsure" },
    { treatment: 136, finding: "unsure" },
    { treatment: 137, finding: "harm" },
  ])("of $treatment in 1000, where 91 are expected, is: $finding", ({ treatment, finding }) => {
    const strata = [someStratum({ control: { sampled: 1000 - treatment }, treatment: { sampled: treatment } })];
    const found = sampleRatioFigure({ name: "stage", strata, spends: 1 }, policy);
    expect(found).toMatchObject({ finding, n: 1000, control: 1000 - treatment });
    expect(found.reason).toMatch(`${treatment} of a sample of 1000 visitors in the treatment, 91 expected`);
  });

  it("says nothing of nobody", () => {
    const found = sampleRatioFigure({ name: "stage", strata: [someStratum({})], spends: 1 }, policy);
    expect(found).toMatchObject({ finding: "insufficient_data", n: 0 });
  });
});
