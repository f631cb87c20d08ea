import { parentPort, workerData } from "node:worker_threads";
import { type DeliveryScenario, simulateDelivery } from "./delivery.ts";

// A thread that run-all.ts starts: lives through the deployments that it is told the numbers of.

parentPort?.on("message", (run: number) => {
  parentPort?.postMessage(simulateDelivery(workerData as DeliveryScenario, run));
});
