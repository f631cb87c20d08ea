import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type Training, TrainingStopped } from "./module.ts";
import { checkTrainingInput } from "./training-input.ts";
import { ModuleError } from "./wasm.ts";

/** What can be sent to another thread. */
type PlainTraining = Omit<Training, "onRound" | "shouldStop" | "isEnough">;

/** The thread reads them before every round: 0 is stop, 1 is enough. */
export interface WorkerSettings {
  flags: Int32Array;
}

export interface ToWorker {
  index: number;
  training: PlainTraining;
}

export type FromWorker =
  | { type: "round"; index: number; done: number; total: number }
  | { type: "trained"; index: number; bytes: Uint8Array }
  | { type: "failed"; index: number; name: string; message: string };

export interface WorkerOptions {
  /** Threads; as many as there are cores if left out. */
  workers?: number;
  /** Told after every round of any training; they do not wait for it. What it throws ends them all. */
  onRound?: (index: number, done: number, total: number) => void | Promise<void>;
  /** As in Training, for all trainings; asked many times a second, so that no thread begins a round after it. */
  shouldStop?: () => boolean;
  isEnough?: () => boolean;
}

/** Milliseconds between two questions. */
const ASK_EVERY_MS = 20;

/**
 * Trains several boosters on all cores; the same bytes as `trainBooster` gives, in the order of the trainings. A training
 * that fails ends them all.
 * @throws as trainBooster; what fails in a thread beside that is a ModuleError
 */
export async function trainInWorkers(
  trainings: readonly PlainTraining[],
  { workers = availableParallelism(), onRound, shouldStop, isEnough }: WorkerOptions = {},
): Promise<Uint8Array[]> {
  for (const training of trainings) checkTrainingInput(training, training.parameters, training);
  const flags = new Int32Array(new SharedArrayBuffer(8));
  const results: Uint8Array[] = [];
  const waiting = trainings.map((training, index): ToWorker => ({ index, training }));
  const threads: Worker[] = [];
  const watch = (): void => {
    if (shouldStop?.()) Atomics.store(flags, 0, 1);
    if (isEnough?.()) Atomics.store(flags, 1, 1);
  };
  watch();
  let asking: NodeJS.Timeout | undefined;
  const asked = new Promise<never>((_, reject) => {
    asking = setInterval(() => {
      try {
        watch();
      } catch (thrown) {
        reject(thrown);
      }
    }, ASK_EVERY_MS);
  });
  try {
    const trained = Promise.all(
      Array.from({ length: Math.min(Math.max(1, workers), trainings.length) }, async () => {
        const thread = startThread({ flags });
        threads.push(thread);
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          results[next.index] = await answerOf(thread, next, async (done, total, index) => {
            watch();
            await onRound?.(index, done, total);
          });
        }
      }),
    );
    await Promise.race([trained, asked]);
  } finally {
    clearInterval(asking);
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
  return results;
}

/** The thread's script is TypeScript in development and JavaScript where functions are deployed, as this file is. */
function startThread(workerData: WorkerSettings): Worker {
  const script = import.meta.url.endsWith(".ts") ? "./training-worker.ts" : "./training-worker.js";
  return new Worker(new URL(script, import.meta.url), { workerData });
}

/** Sends one training and waits for its end. */
function answerOf(
  thread: Worker,
  task: ToWorker,
  onRound: (done: number, total: number, index: number) => Promise<void>,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      thread.off("message", take).off("error", fail).off("exit", gone);
    };
    const fail = (cause: unknown): void => {
      end();
      reject(cause instanceof ModuleError ? cause : new ModuleError("a training thread failed", { cause }));
    };
    const gone = (code: number): void => fail(new ModuleError(`a training thread ended with ${code}`));
    const take = (message: FromWorker): void => {
      if (message.type === "round") {
        onRound(message.done, message.total, message.index).catch((thrown: unknown) => {
          end();
          reject(thrown);
        });
        return;
      }
      end();
      if (message.type === "trained") resolve(message.bytes);
      else if (message.name === "TrainingStopped") reject(new TrainingStopped(message.message));
      else reject(new ModuleError(message.message));
    };
    thread.on("message", take).on("error", fail).on("exit", gone);
    thread.postMessage(task);
  });
}
