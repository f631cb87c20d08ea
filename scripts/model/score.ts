import { once } from "node:events";
import { predictionOf } from "../../functions/src/model/prediction.ts";
import { Scorer } from "../../functions/src/model/scorer.ts";
import { readModelFile } from "./model-files.ts";
import { jsonLines, rowOf } from "./ndjson.ts";

/** Scores a file of rows; for each writes a JSON line with margin and prediction, arrays where there are several outputs. */
export async function score(file: string, rows: string, out: NodeJS.WritableStream): Promise<void> {
  const { booster } = readModelFile(file);
  const scorer = new Scorer(booster);
  const shown = (values: Float32Array): number | number[] | undefined =>
    booster.outputs === 1 ? values[0] : Array.from(values);
  for await (const { line, value } of jsonLines(rows)) {
    const margins = scorer.margins(rowOf(value, booster.features, `${rows}, line ${line}`));
    const prediction = predictionOf(booster.objective, margins);
    const text = `${JSON.stringify({ margin: shown(margins), prediction: shown(prediction) })}\n`;
    if (!out.write(text)) await once(out, "drain");
  }
}
