// What the engine takes beside Python's XGBoost, in one run on one machine: training, losses, answers, starts, memory.
import { rmSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import type { Figure } from "../bench.ts";
import { FILES } from "./engine/data.ts";
import { holdoutLosses } from "./engine/losses.ts";
import { Native } from "./engine/native.ts";
import { score } from "./engine/score.ts";
import { keepDeadline, trainLargest, trainSizes, trainVersion } from "./engine/train.ts";

const say = (line: string): void => console.error(line);

/** Measures train/ and model/. */
export async function run(emit: (figure: Figure) => void): Promise<void> {
  const figure = (one: Omit<Figure, "bench">): void => emit({ bench: "engine", ...one });
  const python = await Native.start(say);
  try {
    const { xgboost } = await python.ask<{ xgboost: string }>("version");
    const cpu = cpus()[0]?.model ?? "unknown CPU";
    say(`native XGBoost ${xgboost}; ${cpu}, ${availableParallelism()} cores, Node ${process.version}`);
    await score(python, figure);
    await holdoutLosses(python, figure);
    await trainVersion(python, figure);
    await trainSizes(python, figure);
  } finally {
    await python.stop();
  }
  await keepDeadline(figure);
  await trainLargest(figure);
  rmSync(FILES, { recursive: true });
}
