import { parentPort, workerData } from "node:worker_threads";
import { type RetrainingScenario, simulateRetraining } from "./retraining.ts";

// A thread that run-all.ts starts: judges the runs that it is told the numbers of.

parentPort?.on("message", (run: number) => {
  parentPort?.postMessage(simulateRetraining(workerData as RetrainingScenario, run));
});
