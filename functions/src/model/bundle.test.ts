import { describe, expect, it } from "vitest";
import { boosterBytes, leafTree, splitTree } from "../../../test/booster-bytes.ts";
import { CLASS_GROUPS, FEATURE_NAMES, type FeatureName, VARIABLE_NAMES, VARIABLES } from "../design/schema.ts";
import { openBundle } from "./bundle.ts";
import { ModelFormatError } from "./byte-reader.ts";
import { Bundle, type Target } from "./schema.ts";

const constant = (value: number): Target => ({ kind: "constant", value });
const trees = (file: string): Target => ({ kind: "trees", file });

interface Changes {
  features?: FeatureName[];
  classes?: Partial<Bundle["classes"]>;
  variables?: Partial<Bundle["variables"]>;
}

/** Constants everywhere but where told otherwise, over the features hour_of_day and is_mobile. */
function bundle({ features = ["hour_of_day", "is_mobile"], classes, variables }: Changes = {}): Bundle {
  return Bundle.parse({
    schema_version: 1,
    features,
    classes: { ...Object.fromEntries(CLASS_GROUPS.map((group) => [group, constant(1)])), ...classes },
    variables: {
      ...Object.fromEntries(VARIABLE_NAMES.map((name) => [name, constant(VARIABLES[name].neutral)])),
      ...variables,
    },
  });
}

function row(values: Partial<Record<FeatureName, number>>): Float64Array {
  return Float64Array.from(FEATURE_NAMES, (name) => values[name] ?? Number.NaN);
}

/** Class 0 at hours before 12, class 2 after; class 1 otherwise never. */
const BY_HOUR = boosterBytes({
  objective: "multi:softprob",
  numClass: 3,
  trees: [
    splitTree({ feature: 0, threshold: 12, left: 2, right: 0 }),
    leafTree(-1),
    splitTree({ feature: 0, threshold: 12, left: 0, right: 2 }),
  ],
});
const SIZE = boosterBytes({ baseScore: 1, trees: [splitTree({ feature: 1, threshold: 0.5, left: 0.125, right: 9 })] });

function failure(given: Bundle, files: Record<string, Uint8Array> = {}): string {
  try {
    openBundle(given, new Map(Object.entries(files)));
  } catch (error) {
    if (error instanceof ModelFormatError) return error.message;
    throw error;
  }
  throw new Error("was accepted");
}

describe("openBundle", () => {
  it("answers constants with confidence 1", () => {
    const model = openBundle(bundle({ variables: { spacing_base: constant(13) } }), new Map());
    expect(model.varyingGroups).toEqual([]);
    const design = model.predict(row({}));
    expect(design.classes).toEqual({ density: 1, font: 1, theme: 1 });
    expect(design.confidence).toEqual({ density: 1, font: 1, theme: 1 });
    expect(design.variables.spacing_base).toBe(13);
  });

  it("answers the most probable class with its probability", () => {
    const model = openBundle(bundle({ classes: { theme: trees("theme.xgb") } }), new Map([["theme.xgb", BY_HOUR]]));
    expect(model.varyingGroups).toEqual(["theme"]);
    const probability = Math.exp(2) / (Math.exp(2) + Math.exp(0) + Math.exp(-1));
    for (const [hour_of_day, index] of [
      [11, 0],
      [12, 2],
    ] as const) {
      const design = model.predict(row({ hour_of_day }));
      expect(design.classes.theme).toBe(index);
      expect(design.confidence.theme).toBeCloseTo(probability, 6);
    }
  });

  it("answers the first of equally probable classes", () => {
    const equal = boosterBytes({ objective: "multi:softprob", numClass: 3, trees: [] });
    const model = openBundle(bundle({ classes: { font: trees("font.xgb") } }), new Map([["font.xgb", equal]]));
    expect(model.predict(row({})).classes.font).toBe(0);
  });

  it("maps features by name, whatever their order in the bundle", () => {
    const files = new Map([["font_size_base.xgb", SIZE]]);
    const variables = { font_size_base: trees("font_size_base.xgb") };
    const visit = row({ hour_of_day: 1, is_mobile: 0 });
    const straight = openBundle(bundle({ variables }), files).predict(visit);
    const swapped = openBundle(bundle({ variables, features: ["is_mobile", "hour_of_day"] }), files).predict(visit);
    expect(straight.variables.font_size_base).toBe(1.125);
    expect(swapped.variables.font_size_base).toBe(1.5);
  });

  it.each([
    ["above", "font_size_base", 99, 1.5],
    ["below", "animation_duration", -1, 0.1],
    ["round the hue", "color_primary_h", 370, 10],
  ] as const)("brings a value %s its range inside", (_, name, value, expected) => {
    const model = openBundle(bundle({ variables: { [name]: constant(value) } }), new Map());
    expect(model.predict(row({})).variables[name]).toBe(expected);
  });

  it("refuses a row of another width", () => {
    expect(() => openBundle(bundle(), new Map()).predict(new Float64Array(18))).toThrow(RangeError);
  });

  it.each([
    ["a missing file", { classes: { font: trees("font.xgb") } }, {}, "font.xgb: is missing"],
    ["a corrupt file", { classes: { font: trees("font.xgb") } }, { "font.xgb": BY_HOUR.subarray(1) }, "font.xgb: "],
    [
      "a regression for a class group",
      { classes: { font: trees("font.xgb") } },
      { "font.xgb": SIZE },
      "font.xgb: has objective reg:linear, not multi:softprob",
    ],
    [
      "a classifier for a variable",
      { variables: { line_height_base: trees("a.xgb") } },
      { "a.xgb": BY_HOUR },
      "a.xgb: has objective multi:softprob, not reg:linear",
    ],
    [
      "a classifier of two classes",
      { classes: { font: trees("font.xgb") } },
      { "font.xgb": boosterBytes({ objective: "multi:softprob", numClass: 2 }) },
      "font.xgb: has outputs 2, not 3",
    ],
    [
      "a model of another number of features",
      { features: ["hour_of_day"], classes: { font: trees("font.xgb") } },
      { "font.xgb": BY_HOUR },
      "font.xgb: has features 2, not 1",
    ],
    ["a constant that is no class", { classes: { font: constant(3) } }, {}, "font: the constant 3 is not a class"],
    ["a fraction of a class", { classes: { font: constant(0.5) } }, {}, "font: the constant 0.5 is not a class"],
  ] as [string, Changes, Record<string, Uint8Array>, string][])("refuses %s", (_, changes, files, message) => {
    expect(failure(bundle(changes), files)).toContain(message);
  });
});

describe("Bundle", () => {
  it("refuses a feature that is named twice or is unknown", () => {
    for (const features of [["is_mobile", "is_mobile"], ["mobile"], []]) {
      expect(Bundle.safeParse({ ...bundle(), features }).success).toBe(false);
    }
  });
});
