import { parentPort, workerData } from "node:worker_threads";
import { type Scenario, simulateRun } from "./run.ts";

// The thread that run-all.ts starts: simulates the runs that it is told the numbers of.

parentPort?.on("message", (run: number) => {
  parentPort?.postMessage(simulateRun(workerData as Scenario, run));
});
