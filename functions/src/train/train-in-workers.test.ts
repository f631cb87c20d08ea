import { describe, expect, it } from "vitest";
import { trainingSample } from "../../../test/training-data.ts";
import { parseBooster } from "../model/format.ts";
import { roundsOf } from "../model/rounds.ts";
import { type Training, TrainingStopped, trainBooster } from "./module.ts";
import { trainInWorkers } from "./train-in-workers.ts";
import { TrainingInputError } from "./training-input.ts";
import { ModuleError } from "./wasm.ts";

const SAMPLE = trainingSample({ count: 300, columns: 5, seed: 51 });
const SHAPE = {
  eta: 0.3,
  max_depth: 3,
  min_child_weight: 1,
  lambda: 1,
  subsample: 0.7,
  colsample_bytree: 0.8,
} as const;
const REGRESSION: Training = {
  rows: SAMPLE.rows,
  columns: 5,
  labels: SAMPLE.numbers,
  parameters: { ...SHAPE, objective: "reg:linear", tree_method: "hist" },
  rounds: 8,
  seed: 1,
};
const CLASSIFICATION: Training = {
  ...REGRESSION,
  labels: SAMPLE.classes,
  parameters: { ...SHAPE, objective: "multi:softprob", num_class: 3, tree_method: "exact" },
};

describe("trainInWorkers", () => {
  it.each([0, 1, 2, 9])("gives the bytes that training here gives, in order, with %i threads", async (workers) => {
    const trainings = [REGRESSION, CLASSIFICATION, { ...REGRESSION, seed: 2 }, { ...CLASSIFICATION, rounds: 2 }];
    const here = await Promise.all(trainings.map((training) => trainBooster(training)));
    const rounds = trainings.map(() => 0);
    const onRound = (index: number, done: number, total: number): void => {
      expect([done, total]).toEqual([(rounds[index] ?? 0) + 1, trainings[index]?.rounds]);
      rounds[index] = done;
    };
    expect(await trainInWorkers(trainings, { workers, onRound })).toEqual(here);
    expect(rounds).toEqual([8, 8, 8, 2]);
  });

  it("has nothing to do for no trainings", async () => {
    expect(await trainInWorkers([])).toEqual([]);
  });

  it("keeps what there is when it is enough", async () => {
    let rounds = 0;
    const long = { ...REGRESSION, rounds: 100_000 };
    const all = await trainInWorkers([long, long, long], {
      workers: 2,
      onRound: () => {
        rounds++;
      },
      isEnough: () => rounds >= 20,
    });
    const grown = all.map((bytes) => roundsOf(parseBooster(bytes)));
    for (const count of grown) expect(count).toBeGreaterThan(0);
    expect(Math.max(...grown)).toBeLessThan(10_000);
  });

  it("stops where it is told to", async () => {
    let rounds = 0;
    const stopping = trainInWorkers([{ ...REGRESSION, rounds: 100_000 }], {
      onRound: () => {
        rounds++;
      },
      shouldStop: () => rounds >= 5,
    });
    await expect(stopping).rejects.toThrow(TrainingStopped);
  });

  it("asks whether to stop also while a round is under way", async () => {
    let asked = 0;
    const before = new Promise<number>((resolve, reject) => {
      trainInWorkers([{ ...REGRESSION, rounds: 1 }], {
        onRound: () => resolve(asked),
        shouldStop: () => ++asked < 0,
      }).catch(reject);
    });
    expect(await before).toBeGreaterThan(3);
    const shouldStop = (): boolean => {
      if (asked++ > 10) throw new Error("lease lost");
      return false;
    };
    await expect(trainInWorkers([{ ...REGRESSION, rounds: 100_000 }], { shouldStop })).rejects.toThrow("lease lost");
  });

  it("ends them all when one fails, or whoever is told of rounds does", async () => {
    const long = { ...REGRESSION, rounds: 100_000 };
    const onRound = (): void => {
      throw new Error("no more");
    };
    await expect(trainInWorkers([long, long], { workers: 2, onRound })).rejects.toThrow("no more");
    // A parameter that is another one by the time the thread reads it.
    let asked = 0;
    const failing = { ...REGRESSION, parameters: { ...REGRESSION.parameters } };
    Object.defineProperty(failing.parameters, "eta", { enumerable: true, get: () => (asked++ === 0 ? 0.3 : -1) });
    await expect(trainInWorkers([long, failing], { workers: 2 })).rejects.toThrow(ModuleError);
  });

  it("refuses bad input before it starts a thread", async () => {
    const bad = { ...REGRESSION, labels: SAMPLE.numbers.subarray(1) };
    await expect(trainInWorkers([REGRESSION, bad])).rejects.toThrow(TrainingInputError);
  });
});
