import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseBooster } from "../../../functions/src/model/format.ts";
import { predictionOf } from "../../../functions/src/model/prediction.ts";
import { Scorer } from "../../../functions/src/model/scorer.ts";
import { lossOf } from "../../../functions/src/train/early-stopping.ts";
import { type Training, trainBooster } from "../../../functions/src/train/module.ts";
import type { Figure } from "../../bench.ts";
import { arrayFile, FILES } from "./data.ts";
import type { Native } from "./native.ts";

const SPLITS = 5;
const ROUNDS = 30;
const SHAPE = { eta: 0.1, max_depth: 4, min_child_weight: 1, lambda: 1, subsample: 1, colsample_bytree: 1 } as const;

interface DataSet {
  rows: string;
  labels: string;
  columns: number;
  classes: number;
}

function numbersIn(path: string): Float32Array {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** The rows of a split for learning, and those for judging: every fifth row, from another one in each split. */
function split(rows: Float32Array, labels: Float32Array, columns: number, which: number) {
  const part = (isIn: (row: number) => boolean) => {
    const chosen = Array.from(labels.keys()).filter(isIn);
    return {
      rows: Float32Array.from(chosen.flatMap((row) => Array.from(rows.subarray(row * columns, (row + 1) * columns)))),
      labels: Float32Array.from(chosen, (row) => labels[row] as number),
    };
  };
  return { learn: part((row) => row % SPLITS !== which), judge: part((row) => row % SPLITS === which) };
}

async function ownLoss(training: Training, judge: { rows: Float32Array; labels: Float32Array }): Promise<number> {
  const scorer = new Scorer(parseBooster(await trainBooster(training)));
  const { columns } = training;
  const predictions = Array.from(judge.labels.keys()).flatMap((row) =>
    Array.from(predictionOf("multi:softprob", scorer.margins(judge.rows.subarray(row * columns, (row + 1) * columns)))),
  );
  return lossOf("multi:softprob", Float32Array.from(predictions), judge.labels);
}

/** Log-loss on rows held out, on data sets that scikit-learn brings along; the mean of five splits. */
export async function holdoutLosses(python: Native, emit: (figure: Omit<Figure, "bench">) => void): Promise<void> {
  const sets = await python.ask<Record<string, DataSet>>("datasets", { folder: FILES });
  for (const [name, set] of Object.entries(sets)) {
    const rows = numbersIn(set.rows);
    const labels = numbersIn(set.labels);
    for (const tree_method of ["exact", "hist"] as const) {
      const parameters = { ...SHAPE, objective: "multi:softprob", num_class: set.classes, tree_method } as const;
      let own = 0;
      let theirs = 0;
      for (let which = 0; which < SPLITS; which++) {
        const { learn, judge } = split(rows, labels, set.columns, which);
        own += (await ownLoss({ ...learn, columns: set.columns, parameters, rounds: ROUNDS, seed: 1 }, judge)) / SPLITS;
        const model = join(FILES, "native.json");
        await python.ask("train", {
          rows: arrayFile("learn", learn.rows),
          columns: set.columns,
          labels: arrayFile("learn labels", learn.labels),
          parameters: { ...parameters, base_score: 0.5, max_bin: 256 },
          rounds: ROUNDS,
          model,
        });
        const request = { model, rows: arrayFile("judge", judge.rows), columns: set.columns };
        const { loss } = await python.ask<{ loss: number }>("loss", {
          ...request,
          labels: arrayFile("judge labels", judge.labels),
        });
        theirs += loss / SPLITS;
      }
      emit({
        metric: `hold-out log-loss, ${name}, ${tree_method}, ${ROUNDS} rounds, mean of ${SPLITS} splits`,
        value: own,
        unit: "nats",
        against: { name: "native", value: theirs },
        ratio: own / theirs,
      });
    }
  }
}
