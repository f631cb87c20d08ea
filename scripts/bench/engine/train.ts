import { availableParallelism } from "node:os";
import { CLASS_GROUPS, VARIABLE_NAMES } from "../../../functions/src/design/schema.ts";
import { parseBooster } from "../../../functions/src/model/format.ts";
import { binned } from "../../../functions/src/train/bins.ts";
import { type Training, trainBooster } from "../../../functions/src/train/module.ts";
import { ModuleInstance } from "../../../functions/src/train/module-instance.ts";
import { moduleSettings } from "../../../functions/src/train/parameters.ts";
import { trainInWorkers } from "../../../functions/src/train/train-in-workers.ts";
import { checkTrainingInput } from "../../../functions/src/train/training-input.ts";
import type { Figure } from "../../bench.ts";
import { arrayFile, COLUMNS, type Sample, sample } from "./data.ts";
import type { Native } from "./native.ts";

type Emit = (figure: Omit<Figure, "bench">) => void;

const SHAPE = { eta: 0.1, max_depth: 6, min_child_weight: 1, lambda: 1, subsample: 1, colsample_bytree: 1 } as const;
const SOFTPROB = { objective: "multi:softprob", num_class: 3 } as const;

/** Rounds are fewer where one takes long: time grows with them in proportion. */
const SIZES = [
  { rows: 10_000, tree_method: "exact", rounds: 20 },
  { rows: 10_000, tree_method: "hist", rounds: 100 },
  { rows: 50_000, tree_method: "exact", rounds: 5 },
  { rows: 50_000, tree_method: "hist", rounds: 50 },
  { rows: 200_000, tree_method: "exact", rounds: 1 },
  { rows: 200_000, tree_method: "hist", rounds: 20 },
] as const;

const VERSION = { rows: 50_000, rounds: 20 };
const LARGEST = { rows: 1_000_000, rounds: 2 };

function native(parameters: object, rounds: number, labels: string, threads: number) {
  const own = { base_score: 0.5, max_bin: 256, nthread: threads };
  return { columns: COLUMNS, rounds, labels, parameters: { ...own, ...parameters } };
}

/** One booster on one core. */
export async function trainSizes(python: Native, emit: Emit): Promise<void> {
  for (const { rows: count, tree_method, rounds } of SIZES) {
    const { rows, classes } = sample(count, 1);
    const parameters = { ...SHAPE, ...SOFTPROB, tree_method };
    const started = performance.now();
    await trainBooster({ rows, columns: COLUMNS, labels: classes, parameters, rounds, seed: 1 });
    const value = (performance.now() - started) / 1000;
    const { seconds } = await python.ask<{ seconds: number }>("train", {
      rows: arrayFile("rows", rows),
      ...native(parameters, rounds, arrayFile("labels", classes), 1),
    });
    emit({
      metric: `training, ${count} rows, ${tree_method}, ${rounds} rounds, 3 classes, depth 6, one core`,
      value,
      unit: "s",
      against: { name: "native, one thread", value: seconds },
      ratio: value / seconds,
    });
  }
}

/** The 11 boosters of a version on all cores. */
export async function trainVersion(python: Native, emit: Emit): Promise<void> {
  const { rows, classes, numbers } = sample(VERSION.rows, 2);
  const trainings = [
    ...CLASS_GROUPS.map(() => ({
      labels: classes,
      parameters: { ...SHAPE, ...SOFTPROB, tree_method: "hist" } as const,
    })),
    ...VARIABLE_NAMES.map(() => ({
      labels: numbers,
      parameters: { ...SHAPE, objective: "reg:linear", base_score: 0.5, tree_method: "hist" } as const,
    })),
  ];
  const started = performance.now();
  await trainInWorkers(
    trainings.map((training): Training => ({ rows, columns: COLUMNS, rounds: VERSION.rounds, seed: 1, ...training })),
  );
  const value = (performance.now() - started) / 1000;
  const files = {
    rows: arrayFile("rows", rows),
    classes: arrayFile("classes", classes),
    numbers: arrayFile("numbers", numbers),
  };
  const { seconds } = await python.ask<{ seconds: number }>("train_all", {
    trainings: trainings.map(({ labels, parameters }) => ({
      rows: files.rows,
      ...native(
        { ...parameters, objective: parameters.objective === "reg:linear" ? "reg:squarederror" : parameters.objective },
        VERSION.rounds,
        labels === classes ? files.classes : files.numbers,
        availableParallelism(),
      ),
    })),
  });
  emit({
    metric: `training a version: 11 models, ${VERSION.rows} rows, hist, ${VERSION.rounds} rounds, ${availableParallelism()} cores`,
    value,
    unit: "s",
    against: { name: "native, one model after the other, all threads", value: seconds },
    ratio: value / seconds,
  });
}

/** How much memory the module takes for a million rows, of the bins that `trainBooster` gives it. */
export async function trainLargest(emit: Emit): Promise<void> {
  const { rows, classes }: Sample = sample(LARGEST.rows, 3);
  const data = { rows, columns: COLUMNS, labels: classes };
  const given = { ...SHAPE, ...SOFTPROB, tree_method: "hist" } as const;
  const parameters = checkTrainingInput(data, given, { rounds: LARGEST.rounds, seed: 1 });
  const instance = await ModuleInstance.open();
  const started = performance.now();
  const bins = binned(data, parameters.max_bin);
  const model = instance.createModel(bins.data);
  for (const [name, value] of moduleSettings({ ...parameters, max_bin: bins.maxBin }, { seed: 1, baseScore: 0.5 })) {
    instance.setParameter(model, name, value);
  }
  for (let round = 0; round < LARGEST.rounds; round++) instance.trainRound(model);
  bins.restored(parseBooster(instance.save(model)));
  const what = `${LARGEST.rows} x ${COLUMNS}, hist, ${LARGEST.rounds} rounds`;
  const none = { against: null, ratio: null };
  emit({ metric: `memory of the module, ${what}`, value: instance.memoryBytes / 2 ** 20, unit: "MiB", ...none });
  emit({ metric: `training, ${what}, 3 classes`, value: (performance.now() - started) / 1000, unit: "s", ...none });
}

/** How much longer than its deadline a training of 200 000 rows takes, late in it, when there are trees to put away. */
export async function keepDeadline(emit: Emit): Promise<void> {
  const { rows, classes } = sample(200_000, 4);
  const parameters = { ...SHAPE, ...SOFTPROB, tree_method: "hist" } as const;
  let last = performance.now();
  let longestMs = 0;
  let deadline = Infinity;
  await trainBooster({
    rows,
    columns: COLUMNS,
    labels: classes,
    parameters,
    rounds: 100,
    seed: 1,
    onRound: (done) => {
      const now = performance.now();
      // The first round also sorts the data into bins.
      if (done > 1) longestMs = Math.max(longestMs, now - last);
      last = now;
      if (done === 94) deadline = now + longestMs / 10;
    },
    isEnough: () => performance.now() >= deadline,
  });
  const value = performance.now() - deadline;
  emit({
    metric: "time over a deadline at the beginning of round 95 of 100, 200000 rows, hist",
    value,
    unit: "ms",
    against: { name: "the longest round", value: longestMs },
    ratio: value / longestMs,
  });
}
