import { describe, expect, it } from "vitest";
import { random } from "../../../test/simulated-site.ts";
import { someLog } from "../../../test/some-log.ts";
import type { Traffic } from "../collect/schema.ts";
import { foldTraffic } from "../collect/traffic.ts";
import { Lifecycle } from "../config.ts";
import { pairedAccuracy } from "../deploy/paired-accuracy.ts";
import { CLASSES, FEATURE_NAMES, type FeatureName } from "../design/schema.ts";
import type { VersionModel } from "../model/bundle.ts";
import { accuracyFindings, driftFindings } from "./compare-answers.ts";

const { monitoring: POLICY } = Lifecycle.parse({});
const ENGAGED = { session_duration: 130_000, interactions_count: 6, scroll_depth: 0.8, bounce_rate: 0.1 };
const column = (name: FeatureName) => FEATURE_NAMES.indexOf(name);

/** A day of visitors, once each; a model can see whether they will engage, and two draws of their own. */
function day(visitors: number): Extract<Traffic, { granularity: "1h" }>[] {
  const next = random(1);
  const logs = Array.from({ length: visitors }, (_, i) => {
    const engaged = next() < 0.4;
    const features = [...someLog({}).features];
    features[column("pixel_density")] = Number(engaged);
    features[column("aspect_ratio")] = next();
    features[column("viewport_diagonal")] = next();
    const event_at = `2026-03-02T${String(i % 24).padStart(2, "0")}:00:00.000Z`;
    return someLog({ prediction_id: `p${i}`, unit: `u${i}`, event_at, features, ...(engaged ? ENGAGED : {}) });
  });
  return [...foldTraffic(new Map(), logs).values()].flatMap((one) => (one.granularity === "1h" ? [one] : []));
}

/** A model that is right of the density for this share of the visitors, and the same ones each time. */
function model(accuracy: number, by: FeatureName): VersionModel {
  const [media, alta] = (["densidad-media", "densidad-alta"] as const).map((name) => CLASSES.density.indexOf(name));
  return {
    varyingGroups: ["density"],
    predict: (features) => {
      const isRight = (features[column(by)] ?? 0) < accuracy;
      const isEngaged = features[column("pixel_density")] === 1;
      const density = isEngaged === isRight ? (alta ?? 0) : (media ?? 0);
      return { classes: { density, font: 0, theme: 0 }, variables: {} as never, confidence: {} as never };
    },
  };
}

const WHOLE = day(6000);
const FEW = day(399);
const ENOUGH = day(400);

describe("accuracy against previous_good on the same visits", () => {
  const found = (hours: typeof WHOLE, own: number) => {
    const stable = model(0.8, "aspect_ratio");
    const compared = { candidate: model(own, "viewport_diagonal"), stable, policy: "engagement" } as const;
    const { groups } = pairedAccuracy(hours, { ...compared, among: ["stable", "control"] });
    expect(groups.map(({ group }) => group)).toEqual(["density"]);
    return accuracyFindings(groups, "rules", POLICY);
  };

  it.each<[string, typeof WHOLE, number, number]>([
    ["nothing where it is as good", WHOLE, 0.8, 0],
    ["nothing of 5 points less, which it may be", WHOLE, 0.75, 0],
    ["a finding of 10 points less", WHOLE, 0.7, 1],
    ["nothing of 10 points that 400 visitors leave in doubt", ENOUGH, 0.7, 0],
    ["a finding of 50 points less on 400 visitors", ENOUGH, 0.3, 1],
    ["nothing of 399 visitors", FEW, 0.3, 0],
  ])("is %s", (_what, hours, own, count) => {
    expect(found(hours, own).length).toBe(count);
  });

  it("is harm of the version's, with both figures", () => {
    const [finding] = found(WHOLE, 0.7);
    expect(finding).toMatchObject({ metric: "accuracy", severity: "high", whose: "model", span: "24h" });
    expect(finding?.reason).toMatch(
      /^accuracy of density is 0\.[67]\d\d, and 0\.[78]\d\d by rules on the same 6000 visitors$/,
    );
  });

  it("is not beyond doubt because all of them differ alike", () => {
    const sums = { clusters: 400, y: -400, w: 400, yy: 400, yw: -400, ww: 400 };
    const group = { group: "density", sums, candidate: 0, stable: 1 } as const;
    // 1 - 4.32 / 400 is above 0.98, and not above 0.99.
    expect(accuracyFindings([group], "rules", { ...POLICY, accuracy_drop: 0.98 }).length).toBe(1);
    expect(accuracyFindings([group], "rules", { ...POLICY, accuracy_drop: 0.99 }).length).toBe(0);
  });
});

describe("drift of answers", () => {
  // sqrt(log(1 / 0.00001) / 2 * (1 / 1000 + 1 / 2000)) = 0.09292290
  it.each([
    { distance: 0.2429, n: 1000, count: 0 },
    { distance: 0.243, n: 1000, count: 1 },
    { distance: 1, n: 399, count: 0 },
    { distance: 1, n: 400, count: 1 },
  ])("of $distance on $n visitors is told $count times, and never as harm", ({ distance, n, count }) => {
    const found = driftFindings([{ group: "theme", distance, n, m: 2000 }], POLICY);
    expect(found.map(({ metric, severity }) => `${metric}: ${severity}`)).toEqual(
      Array(count).fill("prediction_drift: medium"),
    );
  });
});
