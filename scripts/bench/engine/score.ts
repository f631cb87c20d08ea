import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Booster, parseBooster } from "../../../functions/src/model/format.ts";
import { freezeForest } from "../../../functions/src/model/freeze-forest.ts";
import { openForest } from "../../../functions/src/model/open-forest.ts";
import { writeXgboostJson } from "../../../functions/src/model/write-xgboost-json.ts";
import { trainInWorkers } from "../../../functions/src/train/train-in-workers.ts";
import type { Figure } from "../../bench.ts";
import { arrayFile, COLUMNS, FILES, sample } from "./data.ts";
import type { Native } from "./native.ts";

type Emit = (figure: Omit<Figure, "bench">) => void;

/** Rows in a batch, and rows that native scores one by one. */
const BATCH = 10_000;
const SINGLE = 100;
const ROUNDS = 100;
const ROUNDS_OF_BATCH = 7;

/** The 11 models of a version, 1700 trees of depth 6: labels are noise, so that trees grow to their full depth. */
async function fullVersion(): Promise<Booster[]> {
  const { rows } = sample(3000, 5);
  const noise = sample(3000, 6).rows;
  const common = { eta: 0.1, max_depth: 6, min_child_weight: 0, lambda: 1, subsample: 1, colsample_bytree: 1 } as const;
  const at = (i: number, row: number): number => noise[row * COLUMNS + i] || 0;
  const trainings = Array.from({ length: 11 }, (_, i) => {
    const isClass = i < 3;
    return {
      rows,
      columns: COLUMNS,
      labels: Float32Array.from({ length: 3000 }, (__, row) =>
        isClass ? Math.floor((at(i, row) + 1) * 1.49) : at(i, row),
      ),
      parameters: isClass
        ? ({ ...common, tree_method: "hist", objective: "multi:softprob", num_class: 3 } as const)
        : ({ ...common, tree_method: "hist", objective: "reg:linear", base_score: 0.5 } as const),
      rounds: ROUNDS,
      seed: 1,
    };
  });
  return (await trainInWorkers(trainings)).map(parseBooster);
}

/** The least is the measure: what is above it is other work of the machine. */
function least(values: readonly number[]): number {
  return Math.min(...values);
}

/** What a full answer costs, how soon it comes after a start, and whether native predicts the same from our JSON. */
export async function score(python: Native, emit: Emit): Promise<void> {
  const boosters = await fullVersion();
  const bytes = freezeForest(boosters);
  const forest = openForest(bytes);
  const { rows } = sample(BATCH, 7);
  const row = (i: number): Float32Array => rows.subarray(i * COLUMNS, (i + 1) * COLUMNS);
  const rounds = Array.from({ length: 10 * ROUNDS_OF_BATCH }, (_, round) => {
    const from = (round % 10) * (BATCH / 10);
    const started = performance.now();
    for (let i = from; i < from + BATCH / 10; i++) forest.margins(row(i));
    return ((performance.now() - started) * 10_000) / BATCH;
  });
  const own = least(rounds);
  const models = boosters.map((booster, i) => {
    const path = join(FILES, `model ${i}.json`);
    writeFileSync(path, writeXgboostJson(booster));
    return path;
  });
  const native = { models, rows: arrayFile("batch", rows), columns: COLUMNS, single: SINGLE };
  const theirs = await python.ask<{ single_us: number; batch_us: number }>("latency", native);
  const trees = boosters.reduce((sum, booster) => sum + booster.roots.length, 0);
  const what = `${boosters.length} models, ${trees} trees of depth 6`;
  for (const [name, value] of [
    ["a row in a batch of 10000", theirs.batch_us],
    ["a row alone", theirs.single_us],
  ] as const) {
    emit({
      metric: `a full answer, one row at a time: ${what}`,
      value: own,
      unit: "us",
      against: { name: `native, one thread, ${name}`, value },
      ratio: own / value,
    });
  }
  await coldStart(bytes, python, models, emit);
  await compare(python, { boosters, models, rows: native.rows }, { forest, row }, emit);
}

async function coldStart(bytes: Uint8Array, python: Native, models: readonly string[], emit: Emit): Promise<void> {
  const file = join(FILES, "forest.bin");
  writeFileSync(file, bytes);
  const script = join(import.meta.dirname, "cold-start.ts");
  const starts = Array.from({ length: 9 }, () =>
    Number(execFileSync(process.execPath, [script, file, String(COLUMNS)], { encoding: "utf8" })),
  );
  const { seconds } = await python.ask<{ seconds: number }>("load", { models });
  const value = least(starts);
  emit({
    metric: `from ${Math.round(bytes.length / 1024)} KiB of frozen bytes to the first answer, new process`,
    value,
    unit: "ms",
    against: { name: "native, loading the same models from JSON", value: seconds * 1000 },
    ratio: value / (seconds * 1000),
  });
}

/** Largest difference of a margin; native adds the base score first, so ours are asked to for once. */
async function compare(
  python: Native,
  { boosters, models, rows }: { boosters: readonly Booster[]; models: readonly string[]; rows: string },
  { forest, row }: { forest: ReturnType<typeof openForest>; row: (i: number) => Float32Array },
  emit: Emit,
): Promise<void> {
  const asJson = openForest(freezeForest(boosters.map((booster) => ({ ...booster, baseFirst: true }))));
  let jsonDifference = 0;
  let ownDifference = 0;
  for (const [i, model] of models.entries()) {
    const out = join(FILES, "margins.f32");
    await python.ask("predict", { model, rows, columns: COLUMNS, out });
    const read = readFileSync(out);
    const margins = new Float32Array(read.buffer.slice(read.byteOffset, read.byteOffset + read.byteLength));
    const { first, outputs } = forest.models[i] ?? { first: 0, outputs: 0 };
    for (let r = 0; r < BATCH; r++) {
      const [json, own] = [asJson.margins(row(r)), forest.margins(row(r))];
      for (let output = 0; output < outputs; output++) {
        const expected = margins[r * outputs + output] as number;
        jsonDifference = Math.max(jsonDifference, Math.abs((json[first + output] as number) - expected));
        ownDifference = Math.max(ownDifference, Math.abs((own[first + output] as number) - expected));
      }
    }
  }
  const none = { unit: "", against: null, ratio: null };
  emit({ metric: "largest difference from native, 170000 margins, base score first", value: jsonDifference, ...none });
  emit({ metric: "largest difference from native, 170000 margins, base score last", value: ownDifference, ...none });
}
