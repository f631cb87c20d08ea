import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

/** Megabytes for what is short-lived: with V8's own 16 a day's visits would be copied again and again. */
const YOUNG_MB = 128;

/**
 * Simulates runs on all cores. What a run does depends on seed and number alone, so the results are the same on any machine.
 * @param module beside this one: a worker that answers a run's number with its result, given the scenario as its data
 * @param onDone told how many are done
 */
export async function runAll<Result>(
  module: `./${string}-worker.ts`,
  scenario: unknown,
  runs: number,
  onDone: (done: number) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  const threads: Worker[] = [];
  let next = 0;
  let done = 0;
  try {
    await Promise.all(
      Array.from({ length: Math.min(runs, availableParallelism()) }, async () => {
        const thread = new Worker(new URL(module, import.meta.url), {
          workerData: scenario,
          resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
        });
        threads.push(thread);
        for (let run = next++; run < runs; run = next++) {
          results[run] = await answerOf<Result>(thread, run);
          onDone(++done);
        }
      }),
    );
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
  return results;
}

function answerOf<Result>(thread: Worker, run: number): Promise<Result> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      thread.off("message", take).off("error", fail);
      settle();
    };
    const take = (result: Result): void => end(() => resolve(result));
    const fail = (error: unknown): void => end(() => reject(error));
    thread.on("message", take).on("error", fail);
    thread.postMessage(run);
  });
}
