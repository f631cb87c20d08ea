import { describe, expect, it } from "vitest";
import { randomVersion } from "../../../test/random-version.ts";
import { CONSTANT_BUNDLE } from "../../../test/some-version.ts";
import { FOREST_FILE, freezeBundle } from "../model/bundle-trees.ts";
import { writeBooster } from "../model/write-booster.ts";
import { PARITY_FILE, type Parity } from "../registry/parity-file.ts";
import { trainerAnswers } from "../train/trainer-answers.ts";
import { parityWithTrainer } from "./parity.ts";

const { bundle, files: models, boosters } = randomVersion(4);
const parity = await trainerAnswers(bundle, models, 1);
const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/** The version with other files in the place of its own. */
function version(change: Record<string, Uint8Array> = {}) {
  const forest = freezeBundle(bundle, models);
  if (forest === undefined) throw new Error("it can be frozen");
  const own = { [FOREST_FILE]: forest, [PARITY_FILE]: bytes(parity) };
  return { bundle, files: new Map(Object.entries({ ...own, ...change })) };
}

/** The forest whose booster of a target has another value in its first leaf: by the least that float32 can tell. */
function forestWithAnotherLeaf(target: number): Uint8Array {
  const booster = boosters[target];
  if (booster === undefined) throw new Error("there are four");
  const value = Float32Array.from(booster.value);
  const leaf = booster.left.indexOf(-1);
  value[leaf] = (value[leaf] as number) * (1 + 2 ** -10);
  const name = ["density.xgb", "font.xgb", "theme.xgb", "font_size_base.xgb"][target] ?? "";
  const forest = freezeBundle(bundle, new Map([...models, [name, writeBooster({ ...booster, value })]]));
  if (forest === undefined) throw new Error("it can be frozen");
  return forest;
}

describe("the parity check", () => {
  it("finds the frozen forest's answers to be the trainer's own, bit for bit, and says how many", () => {
    expect(parityWithTrainer(version())).toEqual({
      name: "parity",
      ok: true,
      message: "2000 answers of 4 targets to 200 rows are the trainer's own, bit for bit",
      figures: { rows: 200, targets: 4, answers: 2000, different: 0, largest_difference: 0 },
    });
  });

  it.each([
    [0, /^row \d+, density densidad-/],
    [2, /^row \d+, theme tema-/],
    [3, /^row \d+, font_size_base: [-\d.]+, the trainer's own is [-\d.]+/],
  ])("finds one leaf of target %i that is another, with row and target", (target, message) => {
    const check = parityWithTrainer(version({ [FOREST_FILE]: forestWithAnotherLeaf(target) }));
    expect(check.ok).toBe(false);
    expect(check.message).toMatch(message);
    expect(check.figures["different"]).toBeGreaterThan(0);
    expect(check.figures["largest_difference"]).toBeGreaterThan(0);
    expect(check.figures["answers"]).toBe(2000);
  });

  it("finds one stored answer that is another by the last bit", () => {
    const answers = structuredClone(parity.answers);
    const row = answers.font?.[137] as number[];
    row[1] = (row[1] as number) + 2 ** -24;
    const check = parityWithTrainer(version({ [PARITY_FILE]: bytes({ ...parity, answers }) }));
    expect(check).toMatchObject({ ok: false, figures: { different: 1, answers: 2000 } });
    expect(check.message).toMatch(/^row 137, font fuente-serif: /);
  });

  const { theme: _, ...withoutTheme } = parity.answers;
  const font = parity.answers.font as number[][];
  it.each<[string, unknown, RegExp]>([
    ["a target is left out", { ...parity, answers: withoutTheme }, /^theme has no answers in parity.json/],
    ["a target has no trees", { ...parity, answers: { ...parity.answers, spacing_base: [] } }, /^spacing_base has no/],
    [
      "a row is left out",
      { ...parity, answers: { ...parity.answers, font: font.slice(1) } },
      /^font: answers to 199 of 200/,
    ],
    [
      "a class is left out",
      { ...parity, answers: { ...parity.answers, font: font.map((row, i) => (i === 7 ? row.slice(1) : row)) } },
      /^row 7, font: 2 answers, not 3/,
    ],
    ["the features are others", { ...parity, features: ["is_mobile"] }, /other features/],
    ["a row is too short", { ...parity, rows: parity.rows.map((row) => row.slice(1)) }, /^row 0 of parity.json/],
    ["there are no rows", { ...parity, rows: [], answers: {} }, /has no rows/],
    ["it is of another schema", { ...parity, schema_version: 2 }, /^parity.json is not valid: schema_version/],
  ])("fails where %s", (_what, stored, message) => {
    const check = parityWithTrainer(version({ [PARITY_FILE]: bytes(stored as Parity) }));
    expect(check.ok).toBe(false);
    expect(check.message).toMatch(message);
  });

  it("fails on what is no JSON, and on a forest that cannot be opened", () => {
    expect(parityWithTrainer(version({ [PARITY_FILE]: Buffer.from("{") }))).toMatchObject({
      ok: false,
      message: "parity.json is not JSON",
    });
    expect(parityWithTrainer(version({ [FOREST_FILE]: new Uint8Array(8) })).ok).toBe(false);
  });

  it("has nothing against a version from before the file, or without trees, and says so", async () => {
    const { files } = version();
    const older = new Map([...files].filter(([file]) => file !== PARITY_FILE));
    expect(parityWithTrainer({ bundle, files: older })).toMatchObject({
      ok: true,
      message: expect.stringContaining("before its trainer's answers were stored"),
      figures: { rows: 0, answers: 0 },
    });
    const constant = await trainerAnswers(CONSTANT_BUNDLE, new Map(), 1);
    expect(
      parityWithTrainer({ bundle: CONSTANT_BUNDLE, files: new Map([[PARITY_FILE, bytes(constant)]]) }),
    ).toMatchObject({ ok: true, message: expect.stringContaining("no target has trees"), figures: { targets: 0 } });
  });
});
