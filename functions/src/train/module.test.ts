import { describe, expect, it, vi } from "vitest";
import { trainingSample } from "../../../test/training-data.ts";
import { parseBooster } from "../model/format.ts";
import { predictionOf } from "../model/prediction.ts";
import { roundsOf } from "../model/rounds.ts";
import { Scorer } from "../model/scorer.ts";
import { lossOf } from "./early-stopping.ts";
import { predictWithModule, type Training, TrainingStopped, trainBooster } from "./module.ts";
import { ModuleInstance } from "./module-instance.ts";
import { TrainingInputError } from "./training-input.ts";
import { type Exports, ModuleError } from "./wasm.ts";

const COLUMNS = 5;
const SAMPLE = trainingSample({ count: 400, columns: COLUMNS, seed: 3 });
const SHAPE = {
  eta: 0.3,
  max_depth: 3,
  min_child_weight: 1,
  lambda: 1,
  subsample: 1,
  colsample_bytree: 1,
  tree_method: "exact",
} as const;
const REGRESSION: Training = {
  rows: SAMPLE.rows,
  columns: COLUMNS,
  labels: SAMPLE.numbers,
  parameters: { ...SHAPE, objective: "reg:linear" },
  rounds: 5,
  seed: 1,
};
const CLASSIFICATION: Training = {
  ...REGRESSION,
  labels: SAMPLE.classes,
  parameters: { ...SHAPE, objective: "multi:softprob", num_class: 3 },
};

function squaredError(predictions: Float32Array, labels: Float32Array): number {
  return predictions.reduce((sum, p, i) => sum + (p - (labels[i] ?? 0)) ** 2, 0) / labels.length;
}

describe("trainBooster", () => {
  it.each(["exact", "hist"] as const)("learns, and gives the same bytes every time, with %s", async (tree_method) => {
    for (const training of [REGRESSION, CLASSIFICATION]) {
      const parameters = { ...training.parameters, tree_method, subsample: 0.7, colsample_bytree: 0.8 };
      const runs = await Promise.all([1, 2].map(() => trainBooster({ ...training, parameters })));
      expect(runs[0]).toEqual(runs[1]);
      expect(await trainBooster({ ...training, parameters, seed: 2 })).not.toEqual(runs[0]);
    }
    const parameters = { ...REGRESSION.parameters, tree_method };
    const bytes = await trainBooster({ ...REGRESSION, parameters, rounds: 40 });
    const variance = squaredError(new Float32Array(400).fill(parseBooster(bytes).baseScores[0] ?? 0), SAMPLE.numbers);
    const left = squaredError(await predictWithModule(bytes, SAMPLE.rows, COLUMNS), SAMPLE.numbers);
    expect(left).toBeLessThan(variance / 10);
  });

  it("grows rounds x outputs trees", async () => {
    expect(parseBooster(await trainBooster(REGRESSION)).roots).toHaveLength(5);
    const booster = parseBooster(await trainBooster(CLASSIFICATION));
    expect(Array.from(booster.treeOutput)).toEqual(Array.from({ length: 15 }, (_, t) => t % 3));
  });

  it("starts regression from the labels' mean, weighted, unless told otherwise", async () => {
    const small = { ...REGRESSION, rows: Float32Array.of(1, 2, 3), columns: 1, labels: Float32Array.of(1, 2, 6) };
    expect(parseBooster(await trainBooster(small)).baseScores[0]).toBe(3);
    const weights = Float32Array.of(1, 0, 3);
    expect(parseBooster(await trainBooster({ ...small, weights })).baseScores[0]).toBe(4.75);
    const parameters = { ...SHAPE, objective: "reg:linear", base_score: -1e-7 } as const;
    expect(parseBooster(await trainBooster({ ...small, parameters })).baseScores[0]).toBe(Math.fround(-1e-7));
  });

  it("does not care in which order nor how often the event loop runs between rounds", async () => {
    const plain = await trainBooster(REGRESSION);
    const rounds: string[] = [];
    let timers = 0;
    const timer = setInterval(() => {
      timers++;
    }, 1);
    const onRound = async (done: number, total: number): Promise<void> => {
      rounds.push(`${done}/${total}`);
      await new Promise((resolve) => setTimeout(resolve, 3));
    };
    expect(await trainBooster({ ...REGRESSION, onRound })).toEqual(plain);
    clearInterval(timer);
    expect(rounds).toEqual(["1/5", "2/5", "3/5", "4/5", "5/5"]);
    expect(timers).toBeGreaterThan(0);
  });

  it("lets timers run between rounds without being told", async () => {
    let timers = 0;
    const timer = setInterval(() => {
      timers++;
    }, 1);
    await trainBooster({ ...REGRESSION, rounds: 100 });
    clearInterval(timer);
    expect(timers).toBeGreaterThan(5);
  });

  it("stops when it is told to, and when a heartbeat fails", async () => {
    let asked = 0;
    const stopping = trainBooster({ ...REGRESSION, shouldStop: () => ++asked === 3 });
    await expect(stopping).rejects.toThrow(TrainingStopped);
    await expect(stopping).rejects.toThrow("stopped after 2 of 5 rounds");
    const failing = trainBooster({ ...REGRESSION, onRound: () => Promise.reject(new Error("lease lost")) });
    await expect(failing).rejects.toThrow("lease lost");
  });

  it.each(["exact", "hist"] as const)("counts a row of weight 2 as two rows, with %s", async (tree_method) => {
    const weights = SAMPLE.numbers.map((_, i) => (i % 3 === 0 ? 2 : 1));
    const repeated = (values: Float32Array, width: number): Float32Array =>
      Float32Array.from(
        Array.from(weights).flatMap((weight, i) =>
          Array.from({ length: weight }, () => Array.from(values.subarray(i * width, (i + 1) * width))).flat(),
        ),
      );
    for (const training of [REGRESSION, CLASSIFICATION]) {
      const parameters = { ...training.parameters, tree_method };
      const rows = repeated(training.rows, COLUMNS);
      const labels = repeated(training.labels, 1);
      const [weighted, twice, once] = await Promise.all(
        [{ ...training, weights }, { ...training, rows, labels }, training].map(async (variant) =>
          predictWithModule(await trainBooster({ ...variant, parameters }), SAMPLE.rows, COLUMNS),
        ),
      );
      if (!weighted || !twice || !once) throw new Error("three were trained");
      const distance = (other: Float32Array): number =>
        Math.max(...weighted.map((p, i) => Math.abs(p - (other[i] ?? 0))));
      expect(distance(twice)).toBeLessThan(1e-4);
      expect(distance(once)).toBeGreaterThan(1e-2);
    }
  });

  it("takes a class that no row has, a column that no row has, and a single row", async () => {
    const rows = SAMPLE.rows.map((value, i) => (i % COLUMNS === 2 ? Number.NaN : value));
    for (const tree_method of ["exact", "hist"] as const) {
      const parameters = { ...CLASSIFICATION.parameters, num_class: 4, tree_method } as Training["parameters"];
      const predictions = await predictWithModule(
        await trainBooster({ ...CLASSIFICATION, rows, parameters }),
        rows,
        COLUMNS,
      );
      expect(predictions).toHaveLength(1600);
      for (let i = 3; i < 1600; i += 4) expect(predictions[i]).toBeLessThan(0.2);
      const one = { ...REGRESSION, rows: rows.subarray(0, COLUMNS), labels: Float32Array.of(2.5) };
      const single = await trainBooster({ ...one, parameters: { ...REGRESSION.parameters, tree_method } });
      expect(Array.from(await predictWithModule(single, one.rows, COLUMNS))).toEqual([2.5]);
    }
  });

  it("answers the mean when every value is missing", async () => {
    const rows = new Float32Array(SAMPLE.rows.length).fill(Number.NaN);
    const [first] = await predictWithModule(await trainBooster({ ...REGRESSION, rows }), rows, COLUMNS);
    const mean = SAMPLE.numbers.reduce((a, b) => a + b) / SAMPLE.numbers.length;
    expect(first).toBeCloseTo(mean, 2);
  });

  it.each(["exact", "hist"] as const)("learns from a genuine -1 with %s, and answers it", async (tree_method) => {
    // The label tells -1 from its neighbours and from missing.
    const values = [-2, -1.5, -1, -0.5, Number.NaN];
    const rows = Float32Array.from({ length: 500 }, (_, i) => values[i % 5] as number);
    const labels = rows.map((value) => (value === -1 ? 10 : 0));
    const parameters = { ...REGRESSION.parameters, tree_method, eta: 1, lambda: 0 } as Training["parameters"];
    const bytes = await trainBooster({ rows, columns: 1, labels, parameters, rounds: 3, seed: 1 });
    const scorer = new Scorer(parseBooster(bytes));
    expect(values.map((value) => Math.round(scorer.margins([value])[0] ?? 0))).toEqual([0, 0, 10, 0, 0]);
    expect(Array.from(await predictWithModule(bytes, rows.subarray(0, 5), 1), Math.round)).toEqual([0, 0, 10, 0, 0]);
  });

  it("trains logistic boosters: the probability of 1, from the share of ones", async () => {
    const labels = SAMPLE.classes.map((value) => (value === 2 ? 1 : 0));
    const share = labels.reduce((a, b) => a + b) / labels.length;
    const parameters = { ...SHAPE, objective: "binary:logistic" } as const;
    const bytes = await trainBooster({ ...REGRESSION, labels, parameters, rounds: 20 });
    const booster = parseBooster(bytes);
    expect(booster.baseScores[0]).toBeCloseTo(Math.log(share / (1 - share)), 5);
    const scorer = new Scorer(booster);
    const own = Float32Array.from(labels, (_, i) => {
      const row = SAMPLE.rows.subarray(i * COLUMNS, (i + 1) * COLUMNS);
      return predictionOf("binary:logistic", scorer.margins(row))[0] as number;
    });
    const theirs = await predictWithModule(bytes, SAMPLE.rows, COLUMNS);
    expect(Math.max(...own.map((p, i) => Math.abs(p - (theirs[i] ?? 0))))).toBeLessThan(1e-6);
    expect(lossOf("binary:logistic", own, labels)).toBeLessThan(0.4);
  });

  it("keeps what it has when it is enough, and says nothing of the rest", async () => {
    let asked = 0;
    const bytes = await trainBooster({ ...CLASSIFICATION, rounds: 50, isEnough: () => ++asked === 4 });
    expect(bytes).toEqual(await trainBooster({ ...CLASSIFICATION, rounds: 4 }));
    const at = await trainBooster({ ...CLASSIFICATION, rounds: 50, isEnough: () => true });
    expect(roundsOf(parseBooster(at))).toBe(1);
  });

  it("refuses bad input before it loads anything", async () => {
    const rows = Float32Array.from(SAMPLE.rows).fill(Infinity, 7, 8);
    await expect(trainBooster({ ...REGRESSION, rows })).rejects.toThrow(TrainingInputError);
    await expect(trainBooster({ ...REGRESSION, rows })).rejects.toThrow("rows, column 2, row 1: must be a number");
  });

  it("learns from the largest and from tiny labels", async () => {
    for (const scale of [1e-2, 4e12]) {
      const labels = SAMPLE.numbers.map((value) => value * scale);
      const bytes = await trainBooster({ ...REGRESSION, labels, rounds: 40 });
      const variance = squaredError(new Float32Array(400).fill(parseBooster(bytes).baseScores[0] ?? 0), labels);
      expect(squaredError(await predictWithModule(bytes, SAMPLE.rows, COLUMNS), labels)).toBeLessThan(variance / 10);
    }
  });

  it.each(["exact", "hist"] as const)("takes no empty child for the best of all, with %s", async (tree_method) => {
    const fits = [0, 1e-6].map(async (min_child_weight) => {
      const parameters = { ...SHAPE, objective: "reg:linear", tree_method, lambda: 0, min_child_weight } as const;
      const bytes = await trainBooster({ ...REGRESSION, parameters, rounds: 20 });
      return squaredError(await predictWithModule(bytes, SAMPLE.rows, COLUMNS), SAMPLE.numbers);
    });
    const [none, little] = await Promise.all(fits);
    expect(none).toBeCloseTo(little ?? 0, 2);
  });

  it("starts from a mean that is next to nothing, of which the module dies", async () => {
    const labels = SAMPLE.numbers.map((_, i) => (i === 0 ? 1e-40 : 0));
    expect(parseBooster(await trainBooster({ ...REGRESSION, labels })).baseScores[0]).toBe(0);
  });

  it("brings thresholds to their place as it goes, so that a deadline does not wait for it", async () => {
    const save = vi.spyOn(ModuleInstance.prototype, "save");
    const { rows, columns, classes } = trainingSample({ count: 60_000, columns: 4, seed: 5 });
    const parameters = {
      ...SHAPE,
      max_depth: 1,
      tree_method: "hist",
      objective: "multi:softprob",
      num_class: 17,
    } as const;
    await trainBooster({ rows, columns, labels: classes, parameters, rounds: 3, seed: 1 });
    expect(save).toHaveBeenCalledTimes(4);
    save.mockRestore();
  });

  it("trains 70 000 rows of 19 columns, more than the package's own wrapper can", async () => {
    const { rows, columns, numbers } = trainingSample({ count: 70_000, columns: 19, seed: 4 });
    const parameters = { ...REGRESSION.parameters, tree_method: "hist" } as const;
    const bytes = await trainBooster({ rows, columns, labels: numbers, parameters, rounds: 3, seed: 1 });
    const last = 69_000 * columns;
    const predictions = await predictWithModule(bytes, rows.subarray(last), columns);
    expect(squaredError(predictions, numbers.subarray(69_000))).toBeLessThan(1300);
  }, 60_000);
});

describe("ModuleInstance", () => {
  it.each([
    ["objective", "reg:squarederror", "Unknown objective function reg:squarederror"],
    ["eta", "-2", "value -2 for Parameter learning_rate should be greater equal to 0"],
    ["eta", "a lot", "the module aborted"],
  ])("gives what the module says of %s = %s as an error", async (name, value, message) => {
    const instance = await ModuleInstance.open();
    const model = instance.createModel(REGRESSION);
    instance.setParameter(model, "silent", "1");
    instance.setParameter(model, name, value);
    expect(() => instance.trainRound(model)).toThrow(ModuleError);
    expect(() => instance.trainRound(model)).toThrow(ModuleError);
    const again = await ModuleInstance.open();
    const fresh = again.createModel(REGRESSION);
    again.setParameter(fresh, name, value);
    expect(() => again.trainRound(fresh)).toThrow(message);
  });

  it("says what to do when its memory ends, whether it ends with the data or while it trains", async () => {
    const instance = await ModuleInstance.open();
    const advice = "the module ran out of memory; take fewer rows";
    expect(() => instance.load(new Uint8Array(2 ** 31 - 2 ** 16))).toThrow(advice);
    const { rows, columns, numbers } = trainingSample({ count: 20_000, columns: 19, seed: 4 });
    /** An instance with a model that has given pieces of its memory away; undefined if it does not have them. */
    const without = async (pieces: readonly number[]) => {
      const fresh = await ModuleInstance.open();
      const model = fresh.createModel({ rows, columns, labels: numbers });
      const { _malloc } = Reflect.get(fresh, "module") as Exports;
      try {
        for (const bytes of pieces) _malloc(bytes);
      } catch {
        return undefined;
      }
      return { fresh, model };
    };
    const taken: number[] = [];
    for (let bytes = 2 ** 30; bytes >= 2 ** 17; bytes /= 2) {
      while ((await without([...taken, bytes])) !== undefined) taken.push(bytes);
    }
    const full = await without(taken);
    if (full === undefined) throw new Error("it had them before");
    expect(() => full.fresh.trainRound(full.model)).toThrow(advice);
  });

  it("refuses weights that do not fit the rows", async () => {
    const instance = await ModuleInstance.open();
    expect(() => instance.createModel({ ...REGRESSION, weights: Float32Array.of(1) })).toThrow(ModuleError);
  });
});
