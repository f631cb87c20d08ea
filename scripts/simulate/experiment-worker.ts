import { parentPort, workerData } from "node:worker_threads";
import { type ExperimentScenario, simulateExperiment } from "./experiment.ts";

// A thread that run-all.ts starts: lives through the experiments that it is told the numbers of.

parentPort?.on("message", (run: number) => {
  parentPort?.postMessage(simulateExperiment(workerData as ExperimentScenario, run));
});
