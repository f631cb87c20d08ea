import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { randomBooster } from "../../../test/random-booster.ts";
import { freezeForest } from "./freeze-forest.ts";
import { predictionOf } from "./prediction.ts";
import { readModel } from "./read-model.ts";
import { Scorer } from "./scorer.ts";
import { writeBooster } from "./write-booster.ts";
import { writeXgboostJson } from "./write-xgboost-json.ts";

/** What fixtures/make-fixtures.py wrote with one version of XGBoost. */
interface Fixture {
  rows: (number | null)[][];
  models: Record<string, { model: string; margins: number[][]; predictions: number[][] }>;
}

function fixture(version: string): Fixture {
  return JSON.parse(readFileSync(new URL(`fixtures/xgboost-${version}.json`, import.meta.url), "utf8")) as Fixture;
}

function bytesOf(model: string): Uint8Array {
  return Buffer.from(model, model.startsWith("{") ? "utf8" : "base64");
}

const MODELS = ["0.82", "0.90", "1.7.6", "3.2.0"].flatMap((version) =>
  Object.keys(fixture(version).models).map((name) => [version, name] as const),
);

/** Largest distance between what a file predicts here and what the Python that wrote it predicted. */
function distance(
  bytes: Uint8Array,
  { rows, margins, predictions }: Pick<Fixture, "rows"> & Fixture["models"][string],
) {
  const { booster } = readModel(bytes);
  const scorer = new Scorer(booster);
  let largest = 0;
  rows.forEach((row, i) => {
    const own = scorer.margins(row.map((value) => value ?? Number.NaN));
    const predicted = predictionOf(booster.objective, own);
    for (const [mine, theirs] of [
      [own, margins[i]],
      [predicted, predictions[i]],
    ] as const) {
      expect(theirs).toHaveLength(mine.length);
      mine.forEach((value, output) => {
        largest = Math.max(largest, Math.abs(value - (theirs?.[output] ?? Number.NaN)));
      });
    }
  });
  return largest;
}

describe("readModel", () => {
  it.each(MODELS)("predicts what XGBoost %s predicted: %s", (version, name) => {
    const { rows, models } = fixture(version);
    const model = models[name];
    if (model === undefined) throw new Error("the fixture names it");
    expect(distance(bytesOf(model.model), { rows, ...model })).toBeLessThan(2e-7);
  });

  it.each(MODELS)("predicts the same after a way through our own JSON: XGBoost %s, %s", (version, name) => {
    const { rows, models } = fixture(version);
    const model = models[name];
    if (model === undefined) throw new Error("the fixture names it");
    const { booster } = readModel(bytesOf(model.model));
    expect(distance(Buffer.from(writeXgboostJson(booster)), { rows, ...model })).toBeLessThan(1e-6);
  });

  it.each(MODELS)("adds up to XGBoost %s's margins bit for bit: %s", (version, name) => {
    const { rows, models } = fixture(version);
    const { model = "", margins } = models[name] ?? {};
    const scorer = new Scorer(readModel(bytesOf(model)).booster);
    const own = rows.map((row) => Array.from(scorer.margins(row.map((value) => value ?? Number.NaN))));
    expect(own).toEqual(margins);
  });

  it("knows binary from JSON", () => {
    const booster = randomBooster({ features: 2, outputs: 1, trees: 1, depth: 1 }, 1);
    expect(readModel(writeBooster(booster))).toEqual({ format: "binary", booster });
    for (const prefix of ["", " \n", "\ufeff"]) {
      expect(readModel(Buffer.from(prefix + writeXgboostJson(booster)))).toEqual({
        format: "json",
        booster: { ...booster, baseFirst: true },
      });
    }
  });

  it.each([
    ["a binary of XGBoost 1.x with its mark", Buffer.from("binf\0\0\0?"), "is a binary of XGBoost 1.x: open it with"],
    ["UBJSON", Buffer.from("{L\0\0\0\0\0\0\0\x07learner"), "is UBJSON: open it with"],
    [
      "a frozen forest",
      freezeForest([randomBooster({ features: 2, outputs: 1, trees: 1, depth: 1 }, 1)]),
      "is a frozen forest: take the model files",
    ],
    ["nothing", new Uint8Array(), "learner: needs 136 bytes"],
    ["a text", Buffer.from("booster[0]:\n0:[f0<1] yes=1".repeat(20)), "learner: "],
    ["JSON that is cut off", Buffer.from('{"learner": {'), "file: is not JSON"],
    ["JSON of something else", Buffer.from('{"a": 1}'), "learner: "],
  ])("refuses %s and says why", (_, bytes, message) => {
    expect(() => readModel(bytes)).toThrow(message);
  });

  it("refuses a binary of XGBoost 1.x without its mark", () => {
    const bytes = writeBooster(randomBooster({ features: 2, outputs: 1, trees: 1, depth: 1 }, 1));
    new DataView(bytes.buffer).setUint32(20, 1, true);
    expect(() => readModel(bytes)).toThrow("learner: is a binary of XGBoost 1.x");
  });
});
