import { describe, expect, it } from "vitest";
import { neutralVariables } from "../design/rules.ts";
import { CLASS_GROUPS, type ClassGroup, FEATURE_NAMES, type FeatureName } from "../design/schema.ts";
import type { JudgedModel } from "../model/bundle.ts";
import { COLUMNS, type Examples } from "./examples.ts";
import { TARGET_NAMES } from "./labels.ts";
import { type PermutationInput, permutationImportance } from "./permutation.ts";

const HOUR = FEATURE_NAMES.indexOf("hour_of_day");
const TOUCH = FEATURE_NAMES.indexOf("touch_enabled");
/** What a model believes in the class that it answers. */
const SURE = 0.8;

/** Answers densidad-alta to touch screens and densidad-media to others, and a font size that grows by the hour. */
const model: JudgedModel = {
  varyingGroups: ["density"],
  predict: (features) => model.predictFully(features),
  predictFully(features) {
    const density = features[TOUCH] === 1 ? 2 : 1;
    const believes = (index: number) => Float32Array.from([0, 1, 2], (i) => (i === index ? SURE : (1 - SURE) / 2));
    const probabilities = { density: believes(density), font: believes(0), theme: believes(0) };
    return {
      classes: { density, font: 0, theme: 0 },
      variables: { ...neutralVariables(), font_size_base: 0.8 + 0.02 * (features[HOUR] as number) },
      confidence: Object.fromEntries(CLASS_GROUPS.map((group) => [group, SURE])) as Record<ClassGroup, number>,
      probabilities,
    };
  },
};

/** Rows that the model is right about, each by its own hour and screen. */
function rowsOf(visitors: readonly { hour: number; touch: number; weight?: number; labelled?: boolean }[]) {
  const features = new Float64Array(visitors.length * COLUMNS);
  const none = () => new Float64Array(visitors.length).fill(Number.NaN);
  const labels = Object.fromEntries(TARGET_NAMES.map((target) => [target, none()])) as Examples["labels"];
  visitors.forEach(({ hour, touch, labelled = true }, row) => {
    features[row * COLUMNS + HOUR] = hour;
    features[row * COLUMNS + TOUCH] = touch;
    if (!labelled) return;
    labels.density[row] = touch === 1 ? 2 : 1;
    labels.font_size_base[row] = 0.8 + 0.02 * hour;
  });
  return { features, labels, weights: Float64Array.from(visitors, ({ weight = 1 }) => weight) };
}

function input(visitors: Parameters<typeof rowsOf>[0], differences: Partial<PermutationInput> = {}): PermutationInput {
  return {
    model,
    examples: rowsOf(visitors),
    rows: Int32Array.from(visitors.keys()),
    groups: ["density"],
    variables: ["font_size_base"],
    splitOn: new Set<FeatureName>(["hour_of_day", "touch_enabled"]),
    seed: 7,
    onProgress: async () => {},
    ...differences,
  };
}

const half = (count: number) => Array.from({ length: count }, (_, i) => ({ hour: i % 24, touch: i % 2 }));

describe("permutation importance", () => {
  it("is what guessing by the feature's shares would lose, and nothing of what the feature is not asked for", async () => {
    const { touch_enabled: touch, hour_of_day: hour } = await permutationImportance(input(half(4800)));
    // Half have a touch screen: a shuffled one is wrong half the time, and then costs ln(0.8 / 0.1) nats. One shuffle of
    // 4800 rows has a standard deviation of 0.5 / sqrt(4800) = 0.007.
    expect(touch.accuracy).toBeGreaterThan(0.47);
    expect(touch.accuracy).toBeLessThan(0.53);
    expect(touch.log_loss).toBeCloseTo(touch.accuracy * Math.log(SURE / ((1 - SURE) / 2)), 5);
    expect(touch.normalised_mae).toBe(0);
    expect([hour.accuracy, hour.log_loss]).toEqual([0, 0]);
    // Mean distance of two hours of a uniform day: (24^2 - 1) / (3 * 24) = 7.986 hours, 0.02 each, of a range of 0.7.
    expect(Math.abs(hour.normalised_mae - (7.986 * 0.02) / 0.7)).toBeLessThan(0.01);
  });

  it("weighs rows as all figures do", async () => {
    // The last row has all weight: it is wrong in as many shuffles as it gets the other's value.
    const visitors = [...half(2).map((visitor) => ({ ...visitor, weight: 0 })), { hour: 0, touch: 1, weight: 1 }];
    const { touch_enabled: touch } = await permutationImportance(input(visitors));
    expect(touch.accuracy * 5).toBeCloseTo(Math.round(touch.accuracy * 5), 12);
  });

  it.each<{ name: string; given: PermutationInput }>([
    { name: "a feature that no tree splits on", given: input(half(50), { splitOn: new Set() }) },
    { name: "a feature that is the same everywhere", given: input(half(50).map(() => ({ hour: 3, touch: 1 }))) },
    { name: "no target that varies", given: input(half(50), { groups: [], variables: [] }) },
    { name: "no labelled row", given: input(half(50).map((visitor) => ({ ...visitor, labelled: false }))) },
    { name: "no row", given: input([]) },
  ])("is 0 with $name", async ({ given }) => {
    const found = await permutationImportance(given);
    expect(Object.keys(found)).toEqual(FEATURE_NAMES);
    for (const loss of Object.values(found)) expect(loss).toEqual({ accuracy: 0, log_loss: 0, normalised_mae: 0 });
  });

  it("scores 5000 rows for a feature at most, and says which one it is at", async () => {
    let scored = 0;
    const counting: JudgedModel = {
      ...model,
      predictFully(row) {
        scored++;
        return model.predictFully(row);
      },
    };
    const at: string[] = [];
    const onProgress = async (feature: FeatureName) => void at.push(feature);
    await permutationImportance(input(half(6000), { model: counting, onProgress }));
    expect(scored).toBe(3 * 5000);
    expect(at).toEqual(["hour_of_day", "touch_enabled"]);
  });

  it("is fixed by its seed, whatever other features are split on", async () => {
    const visitors = half(60);
    const both = await permutationImportance(input(visitors));
    const one = await permutationImportance(input(visitors, { splitOn: new Set(["touch_enabled"]) }));
    expect(one.touch_enabled).toEqual(both.touch_enabled);
    const other = await permutationImportance(input(visitors, { seed: 8 }));
    expect(other.touch_enabled).not.toEqual(both.touch_enabled);
  });
});
