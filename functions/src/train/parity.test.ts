import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { trainingSample } from "../../../test/training-data.ts";
import { ModelFormatError } from "../model/byte-reader.ts";
import { type Booster, parseBooster } from "../model/format.ts";
import { Scorer } from "../model/scorer.ts";
import { predictWithModule } from "./module.ts";
import { ModuleInstance } from "./module-instance.ts";
import { moduleSettings, type TrainingParameters } from "./parameters.ts";
import { checkTrainingInput } from "./training-input.ts";

const COLUMNS = 6;
const SAMPLE = trainingSample({ count: 500, columns: COLUMNS, seed: 11 });
const SHAPE = { eta: 0.3, lambda: 1, subsample: 0.8, colsample_bytree: 0.8, min_child_weight: 1 } as const;

/** A booster as the module itself writes it, with what it pruned. */
async function train(shape: Partial<TrainingParameters> & Pick<TrainingParameters, "objective">, rounds: number) {
  const given = { ...SHAPE, max_depth: 6, tree_method: "exact", ...shape } as TrainingParameters;
  const labels = shape.objective === "reg:linear" ? SAMPLE.numbers : SAMPLE.classes;
  const { rows, columns } = SAMPLE;
  const parameters = checkTrainingInput({ rows, columns, labels }, given, { rounds, seed: 2 });
  const baseScore = { base_score: undefined, ...parameters }.base_score ?? 0.5;
  const instance = await ModuleInstance.open();
  const model = instance.createModel({ rows, columns, labels });
  for (const [name, value] of moduleSettings(parameters, { seed: 2, baseScore })) {
    instance.setParameter(model, name, value);
  }
  for (let round = 0; round < rounds; round++) instance.trainRound(model);
  return instance.save(model);
}

function rowOf(rows: Float32Array, row: number): Float32Array {
  return rows.subarray(row * COLUMNS, (row + 1) * COLUMNS);
}

/** The float32 next to a value, upwards or downwards. */
function neighbour(value: number, step: 1 | -1): number {
  const bits = new Int32Array(1);
  const float = new Float32Array(bits.buffer);
  float[0] = value;
  if (value === 0) return step * 2 ** -149;
  bits[0] = (bits[0] ?? 0) + (value > 0 ? step : -step);
  return float[0] ?? value;
}

/** Rows of the sample with one value put on, just under and just over every threshold; and rows of one extreme value. */
function edgeRows(booster: Booster): Float32Array {
  const rows: number[][] = [Number.NaN, Infinity, -Infinity, 0, -0, 3e38, -3e38, 1e-45].map((value) =>
    new Array<number>(COLUMNS).fill(value),
  );
  booster.left.forEach((left, node) => {
    const threshold = booster.value[node] ?? 0;
    if (left < 0) return;
    for (const value of [threshold, neighbour(threshold, 1), neighbour(threshold, -1)]) {
      const row = Array.from(rowOf(SAMPLE.rows, node % 500));
      row[booster.feature[node] ?? 0] = value;
      rows.push(row);
    }
  });
  // -1 is the module's own mark of a missing value.
  return Float32Array.from(rows.flat(), (value) => (value === -1 ? -1.5 : value));
}

const OBJECTIVES = [
  { objective: "reg:linear" },
  { objective: "reg:linear", base_score: -7.3 },
  { objective: "multi:softprob", num_class: 3 },
] as const;
const METHODS = [{ tree_method: "exact" }, { tree_method: "hist", max_bin: 16 }] as const;
/** `gamma` prunes, so that the files hold deleted nodes. */
const SIZES = [{ max_depth: 1 }, { max_depth: 6, gamma: 2 }, { max_depth: 10 }] as const;
const CASES = OBJECTIVES.flatMap((objective) =>
  METHODS.flatMap((method) => SIZES.map((size) => ({ ...objective, ...method, ...size }))),
);

describe("parser and scorer", () => {
  it.each(CASES)("answer bit for bit what the module answers: %j", async (shape) => {
    const bytes = await train(shape, 20);
    const booster = parseBooster(bytes);
    const scorer = new Scorer(booster);
    for (const rows of [SAMPLE.rows, edgeRows(booster)]) {
      const expected = await predictWithModule(bytes, rows, COLUMNS);
      const count = rows.length / COLUMNS;
      const answers = new Float32Array(count * booster.outputs);
      for (let i = 0; i < count; i++) {
        const row = rowOf(rows, i);
        const answer = shape.objective === "reg:linear" ? scorer.margins(row) : scorer.probabilities(row);
        answers.set(answer, i * booster.outputs);
      }
      const different = answers.findIndex((answer, i) => !Object.is(answer, expected[i]));
      expect(different === -1 ? "none" : `${answers[different]} is not ${expected[different]}`).toBe("none");
    }
  });

  it("meet deleted nodes in what the module prunes", async () => {
    const bytes = await train({ objective: "reg:linear", gamma: 1e4 }, 5);
    const trees = parseBooster(bytes).roots.length;
    const nodesInFile = (bytes.length - 136 - 18 - 14 - 160 - trees * (148 + 4)) / 36;
    expect(parseBooster(bytes).left.length).toBeLessThan(nodesInFile);
  });

  it("take or refuse 100 000 mutated files: never an answer that is not a number, a hang, or memory that is kept", async () => {
    const files = [
      await train({ objective: "reg:linear", max_depth: 3, gamma: 500 }, 3),
      await train({ objective: "multi:softprob", num_class: 3, max_depth: 3, gamma: 2 }, 2),
    ];
    const bytes = fc.tuple(fc.nat(), fc.constantFrom(...INTERESTING));
    const mutation = fc.record({
      file: fc.nat({ max: files.length - 1 }),
      words: fc.array(bytes, { maxLength: 3 }),
      flips: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 2 }),
      cut: fc.oneof({ arbitrary: fc.constant(undefined), weight: 9 }, { arbitrary: fc.nat(), weight: 1 }),
    });
    let taken = 0;
    let refused = 0;
    let slowestMs = 0;
    const before = memoryInUse();
    fc.assert(
      fc.property(mutation, ({ file, words, flips, cut }) => {
        const mutant = Uint8Array.from(files[file] ?? []);
        const view = new DataView(mutant.buffer);
        // Fields are aligned to four bytes seen from the end, not from the beginning: names are in between.
        const fields = Math.floor(mutant.length / 4);
        for (const [at, word] of words) view.setUint32(mutant.length - 4 * (1 + (at % fields)), word, true);
        for (const [at, flip] of flips) mutant[at % mutant.length] = (mutant[at % mutant.length] ?? 0) ^ flip;
        const started = performance.now();
        const answers = answersOf(cut === undefined ? mutant : mutant.subarray(0, cut % mutant.length));
        slowestMs = Math.max(slowestMs, performance.now() - started);
        if (answers === undefined) refused++;
        else taken++;
        return answers === undefined || answers.every(Number.isFinite);
      }),
      { seed: 1, numRuns: 100_000 },
    );
    expect(slowestMs).toBeLessThan(1000);
    expect(memoryInUse() - before).toBeLessThan(16 * 2 ** 20);
    // Both happen, or the property says little.
    expect(Math.min(taken, refused)).toBeGreaterThan(10_000);
  });
});

/** Bytes that are still in use after a collection. */
function memoryInUse(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Words that break programs: signs, extremes, NaN and infinity as float32, and small numbers. */
const INTERESTING = [
  0, 1, 2, 3, 5, 6, 7, 0x7f, 0xff, 0x7fffffff, 0x80000000, 0x80000001, 0x80000006, 0xfffffffe, 0xffffffff, 0x7f800000,
  0xff800000, 0x7fc00000, 0x7f7fffff, 0xff7fffff, 0x00000100, 0x01000000,
];

/** Everything that the file answers to a few rows, or undefined if it is refused with the error that is promised. */
function answersOf(bytes: Uint8Array): number[] | undefined {
  let booster: Booster;
  try {
    booster = parseBooster(bytes);
  } catch (error) {
    if (error instanceof ModelFormatError) return undefined;
    throw error;
  }
  const { left, right, feature, features, roots, treeOutput, outputs } = booster;
  const inRange = (values: Int32Array, from: number, to: number): boolean =>
    values.every((value) => value >= from && value < to);
  expect([left, right].every((children) => inRange(children, -1, left.length))).toBe(true);
  expect(inRange(roots, 0, left.length) && inRange(feature, 0, features)).toBe(true);
  expect(inRange(treeOutput, 0, outputs)).toBe(true);
  // A header may promise any number of features; more than this are not worth a row.
  if (booster.features > 1000) return [];
  const scorer = new Scorer(booster);
  return [0, 1, Number.NaN, Infinity].flatMap((value) => {
    const row = new Array<number>(booster.features).fill(value);
    return [...scorer.margins(row), ...scorer.probabilities(row)];
  });
}
