import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { trainingSample } from "../test/training-data.ts";

const FIXTURE = JSON.parse(
  readFileSync(new URL("../functions/src/model/fixtures/xgboost-3.2.0.json", import.meta.url), "utf8"),
) as {
  rows: (number | null)[][];
  models: Record<string, { model: string; margins: number[][]; predictions: number[][] }>;
};
const FOLDER = mkdtempSync(join(tmpdir(), "model-"));
const SAMPLE = trainingSample({ count: 200, columns: 5, seed: 41 });

function file(name: string, content: string): string {
  const path = join(FOLDER, name);
  writeFileSync(path, content);
  return path;
}

const lines = (values: Iterable<unknown>): string =>
  Array.from(values, (value) => `${JSON.stringify(value)}\n`).join("");
const ROWS = file(
  "rows.ndjson",
  lines(
    Array.from({ length: 200 }, (_, i) =>
      Array.from(SAMPLE.rows.subarray(i * 5, i * 5 + 5), (value) => (Number.isNaN(value) ? null : value)),
    ),
  ),
);
const NUMBERS = file("numbers.ndjson", lines(SAMPLE.numbers));
const CLASSES = file("classes.ndjson", lines(SAMPLE.classes));

/** Two sessions of a hundred rows. */
const GROUPS = Array.from({ length: 200 }, (_, i) => `session ${i % 2}`);
const NUMBERS_OF_TEN = file("ten.ndjson", lines(SAMPLE.numbers.subarray(0, 10)));

/** Runs the command as npm does; what it printed, and its exit status. */
function model(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(import.meta.dirname, "model.ts"), ...args], (error, out, err) => {
      resolve({ status: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

async function succeeds(...args: string[]): Promise<string> {
  const { status, out, err } = await model(...args);
  expect([status, err]).toEqual([0, ""]);
  return out;
}

function scores(out: string): { margin: number | number[]; prediction: number | number[] }[] {
  return out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { margin: number | number[]; prediction: number | number[] });
}

describe("npm run model", () => {
  it.each(["softprob", "logistic", "regression, pruned"])(
    "scores and converts what XGBoost wrote: %s",
    async (name) => {
      const { model: text, margins, predictions } = FIXTURE.models[name] ?? { model: "", margins: [], predictions: [] };
      const path = file(`${name}.json`, text);
      const rows = file("fixture.ndjson", lines(FIXTURE.rows));
      const converted = join(FOLDER, `${name} again.json`);
      expect(await succeeds("convert", path, converted)).toBe("");
      for (const given of [path, converted]) {
        const scored = scores(await succeeds("score", given, "--rows", rows));
        expect(scored.map(({ margin }) => [margin].flat())).toEqual(margins);
        for (const [i, { prediction }] of scored.entries()) {
          for (const [output, value] of [prediction].flat().entries()) {
            expect(value).toBeCloseTo(predictions[i]?.[output] ?? Number.NaN, 6);
          }
        }
      }
      const facts = JSON.parse(await succeeds("inspect", "--json", path)) as Record<string, unknown>;
      expect(facts).toMatchObject({ features: 4, rounds: 4, outputs: name === "softprob" ? 3 : 1 });
    },
  );

  it("trains, continues, cross-validates, and writes either format", async () => {
    const [json, binary, more] = ["a.json", "a.xgb", "b.json"].map((name) => join(FOLDER, name)) as [
      string,
      string,
      string,
    ];
    const common = [
      "train",
      "--rows",
      ROWS,
      "--labels",
      CLASSES,
      "--objective",
      "multi:softprob",
      "--param",
      "eta=0.2",
    ];
    const first = JSON.parse(await succeeds(...common, "--rounds", "5", "--out", json, "--cv", "4")) as Record<
      string,
      unknown
    >;
    expect(first).toMatchObject({ rounds: 5, trees: 15, rows: 200, columns: 5, cv_folds: { length: 4 } });
    expect(first["train_logloss"]).toBeLessThan(first["cv_logloss"] as number);
    expect(first["cv_accuracy"]).toBeGreaterThan(0.5);
    expect(first["cv_macro_f1"]).toBeLessThan(1);
    expect(first["cv_ece"]).toBeLessThan(0.5);
    await succeeds("convert", json, binary);
    const out = await succeeds("train", ...common.slice(1, 5), "--rounds", "3", "--continue", binary, "--out", more);
    expect(JSON.parse(out)).toMatchObject({ objective: "multi:softprob", rounds: 8 });
    expect(await succeeds("inspect", more)).toMatch(/^rounds +8$/m);
  });

  it("takes lines as other systems write them", async () => {
    const path = file("lines.json", FIXTURE.models["softprob"]?.model ?? "");
    const rows = file("crlf.ndjson", "\ufeff[1,2,3,4]\r\n\r\n[1,null,3,4]\r\n \n");
    expect(scores(await succeeds("score", path, "--rows", rows))).toHaveLength(2);
  });

  it("cross-validates more rows than a call takes arguments, with groups by their content", async () => {
    const count = 150_000;
    const numbers = Array.from({ length: count }, (_, i) => i % 7);
    const rows = file("many.ndjson", lines(numbers.map((value) => [value])));
    const labels = file("many-labels.ndjson", lines(numbers));
    const common = ["train", "--rows", rows, "--labels", labels, "--objective", "reg:linear", "--rounds", "1"];
    const out = await succeeds(...common, "--out", join(FOLDER, "many.json"), "--cv", "2");
    expect(JSON.parse(out)).toMatchObject({ rows: count, cv_folds: { length: 2 } });
    const groups = file("groups.ndjson", lines(numbers.map((value) => ({ session: [value % 2] }))));
    const { status, err } = await model(...common, "--out", join(FOLDER, "many.json"), "--cv", "3", "--groups", groups);
    expect([status, err]).toEqual([2, "2 are too few to make 3 folds of\n"]);
  });

  it("ends quietly when nobody reads on", async () => {
    const path = file("pipe.json", logistic());
    const rows = file("pipe.ndjson", lines(Array.from({ length: 50_000 }, () => [1, 2, 3, 4])));
    const scoring = spawn(process.execPath, [join(import.meta.dirname, "model.ts"), "score", path, "--rows", rows]);
    let err = "";
    scoring.stderr.on("data", (text: Buffer) => {
      err += text.toString();
    });
    scoring.stdout.once("data", () => scoring.stdout.destroy());
    expect([...((await once(scoring, "close")) as unknown[]), err]).toEqual([0, null, ""]);
  });

  it("takes every form of the objective of regression, and stops at a deadline", async () => {
    for (const objective of [
      ["--objective", "reg:squarederror"],
      ["--objective", "reg:linear"],
      ["--param", "objective=reg:linear"],
    ]) {
      const args = ["train", "--rows", ROWS, "--labels", NUMBERS, ...objective, "--rounds", "100000"];
      const out = await succeeds(...args, "--out", join(FOLDER, "r.json"), "--deadline", "0.05");
      expect(JSON.parse(out)).toMatchObject({ objective: "reg:linear" });
      expect((JSON.parse(out) as { rounds: number }).rounds).toBeLessThan(1000);
    }
  });

  it.each<[string, string[], string]>([
    ["no command that it knows", ["guess"], "unknown command 'guess'"],
    ["an option too few", ["score", ROWS], "required option '--rows <file>' not specified"],
    ["a file that is not there", ["inspect", "nothing.json"], "nothing.json cannot be read: ENOENT"],
    ["a file that is no model", ["inspect", ROWS], `${ROWS} is refused: learner: `],
    ["a count that is none", ["train", "--rounds", "1.5"], "Not a whole number from 1."],
    ["an unknown parameter", trainWith("--param", "speed=3"), 'parameters: Unrecognized key: "speed"'],
    ["a parameter out of range", trainWith("--param", "eta=3"), "parameters.eta: "],
    ["a parameter without a value", trainWith("--param", "eta"), "Not of the form name=value."],
    ["an unknown objective", trainWith("--objective", "rank:ndcg"), "parameters.objective: "],
    ["labels that are no classes", trainWith("--objective", "binary:logistic"), "labels, row 0: must be a class"],
    ["fewer labels than rows", trainWith("--labels", file("few.ndjson", "1\n")), "has 1 labels, "],
    ["a text among the rows", trainWith("--rows", file("text.ndjson", '[1]\n["a"]\n')), "line 2: value 0 is neither"],
    ["a longer row", trainWith("--rows", file("long.ndjson", "[1]\n\n[1,2]\n")), "line 3: has 2 values, not 1"],
    ["a row that is none", trainWith("--rows", file("none.ndjson", "{}\n")), "line 1: is not an array"],
    ["rows that are not JSON", trainWith("--rows", file("csv.ndjson", "1,2\n")), "line 1: is not JSON"],
    ["no rows", trainWith("--rows", file("empty.ndjson", "")), "has no rows of numbers"],
    [
      "too few groups",
      trainWith("--cv", "3", "--groups", file("two.ndjson", lines(GROUPS))),
      "2 are too few to make 3",
    ],
    ["groups of other rows", trainWith("--cv", "3", "--groups", NUMBERS_OF_TEN), "has 10 groups for 200 rows"],
    ["groups without folds", trainWith("--groups", NUMBERS_OF_TEN), "--groups is for --cv"],
    ["a folder to write to", trainWith("--out", FOLDER), "cannot be written: it is a folder"],
    ["no folder to write to", trainWith("--out", join(FOLDER, "none/x.json"), "--rows", "none"), "cannot be written: "],
    ["a form that is not written", ["convert", file("l.json", logistic()), join(FOLDER, "l.ubj")], "UBJSON is not"],
    [
      "a base score for each class in a binary, before it trains",
      [...trainWith("--continue", file("s.json", softprob()), "--rows", "none"), "--out", join(FOLDER, "s.xgb")],
      "cannot be written: a base score for each class",
    ],
    ["a parameter that is given twice", trainWith("--param", "eta=0.1", "--param", "eta=0.2"), "eta is given twice."],
    ["an objective that is given twice", trainWith("--param", "objective=reg:linear"), "objective is given twice"],
    ["a seed that is none", trainWith("--seed", ""), "Not a whole number from 0."],
    [
      "another number of classes than the model's",
      trainWith("--continue", file("n.json", softprob()), "--labels", CLASSES, "--param", "num_class=4"),
      "parameters.num_class: must be the parent's 3",
    ],
    [
      "more rounds than the budget",
      trainWith("--continue", file("p.json", softprob()), "--labels", CLASSES, "--rounds", "999"),
      "a full retraining is due",
    ],
  ])("refuses %s in one line with exit status 2", async (_, args, message) => {
    const { status, out, err } = await model(...args);
    expect(err).toContain(message);
    expect([status, out, err.trim().split("\n")]).toEqual([2, "", [expect.any(String)]]);
  });
});

/** A training that would succeed but for the last options. */
function trainWith(...options: string[]): string[] {
  const { ...given } = { "--rows": ROWS, "--labels": NUMBERS, "--rounds": "2", "--out": join(FOLDER, "x.json") };
  const objective = options.includes("--continue") ? [] : ["--objective", "reg:squarederror"];
  return ["train", ...objective, ...Object.entries(given).flat(), ...options];
}

function softprob(): string {
  return FIXTURE.models["softprob"]?.model.replaceAll('"num_feature":"4"', '"num_feature":"5"') ?? "";
}

function logistic(): string {
  return FIXTURE.models["logistic"]?.model ?? "";
}
