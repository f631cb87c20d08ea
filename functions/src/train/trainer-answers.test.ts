import { describe, expect, it } from "vitest";
import { randomVersion } from "../../../test/random-version.ts";
import { FEATURE_NAMES } from "../design/schema.ts";
import { predictionOf } from "../model/prediction.ts";
import { Scorer } from "../model/scorer.ts";
import { parityIn } from "../registry/parity-file.ts";
import { canonicalJson } from "../shared/canonical.ts";
import { trainerAnswers } from "./trainer-answers.ts";

const { bundle, files, boosters } = randomVersion(4);
const TARGETS = ["density", "font", "theme", "font_size_base"] as const;

describe("the trainer's answers", () => {
  it("are those of each trained target, after a file too, and bit for bit those of the scorer", async () => {
    const made = await trainerAnswers(bundle, files, 1);
    const parity = parityIn(new Map([["parity.json", Buffer.from(canonicalJson(made))]]));
    expect(parity).toEqual(JSON.parse(JSON.stringify(made)));
    expect(Object.keys(made.answers)).toEqual(TARGETS);
    TARGETS.forEach((name, i) => {
      const booster = boosters[i];
      if (booster === undefined) throw new Error("there are four");
      const scorer = new Scorer(booster);
      const expected = parity?.rows.map((row) =>
        Array.from(predictionOf(booster.objective, scorer.margins(row.map((value) => value ?? Number.NaN)))),
      );
      expect(parity?.answers[name]).toEqual(expected);
      // They say something: the rows do not all end in the same leaves.
      expect(new Set(expected?.map((answer) => answer.join())).size).toBeGreaterThan(100);
    });
  });

  it("are to golden contexts, and to rows on and just below thresholds of every feature, some missing", async () => {
    const { rows, features } = await trainerAnswers(bundle, files, 1);
    expect(features).toEqual(FEATURE_NAMES);
    expect(rows).toHaveLength(72 + 128);
    const drawn = rows.slice(72);
    const missing = drawn.flat().filter((value) => value === null).length / (128 * 19);
    expect(Math.abs(missing - 1 / 8)).toBeLessThan(0.03);
    features.forEach((_, column) => {
      const thresholds = new Set(
        boosters.flatMap(({ left, feature, value }) =>
          Array.from(value).filter((_value, node) => (left[node] ?? -1) >= 0 && feature[node] === column),
        ),
      );
      const values = drawn.map((row) => row[column] as number).filter((value) => value !== null);
      const on = values.filter((value) => thresholds.has(value));
      const beside = values.filter((value) => !thresholds.has(value));
      expect(on.length).toBeGreaterThan(30);
      expect(beside.length).toBeGreaterThan(10);
      for (const value of beside) {
        const nearest = Math.min(...Array.from(thresholds, (threshold) => threshold - value).filter((gap) => gap > 0));
        expect(nearest).toBeLessThanOrEqual(Math.max(1e-44, Math.abs(value) * 2 ** -22));
      }
    });
  });

  it("are the same for the same seed, and to other rows for another", async () => {
    const [first, again, other] = await Promise.all([1, 1, 2].map((seed) => trainerAnswers(bundle, files, seed)));
    expect(canonicalJson(first)).toBe(canonicalJson(again));
    expect(first?.rows.slice(0, 72)).toEqual(other?.rows.slice(0, 72));
    expect(first?.rows.slice(72)).not.toEqual(other?.rows.slice(72));
  });
});
