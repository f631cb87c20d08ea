import { parentPort, workerData } from "node:worker_threads";
import { trainBooster } from "./module.ts";
import type { FromWorker, ToWorker, WorkerSettings } from "./train-in-workers.ts";

// The thread that train-in-workers.ts starts: trains what it is sent, one booster after the other.

const { flags } = workerData as WorkerSettings;

async function train({ index, training }: ToWorker): Promise<FromWorker> {
  try {
    const bytes = await trainBooster({
      ...training,
      onRound: (done, total) => post({ type: "round", index, done, total }),
      shouldStop: () => Atomics.load(flags, 0) === 1,
      isEnough: () => Atomics.load(flags, 1) === 1,
    });
    return { type: "trained", index, bytes };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: "Error", message: String(error) };
    return { type: "failed", index, name, message };
  }
}

function post(message: FromWorker): void {
  parentPort?.postMessage(message);
}

parentPort?.on("message", (message: ToWorker) => {
  train(message).then(post, post);
});
