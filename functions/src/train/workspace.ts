import { Lifecycle } from "../config.ts";
import { CorruptError } from "../shared/errors.ts";
import { busyVisitors, LogValidator, type ValidationReport } from "../validate/validate.ts";
import { decodeDataset } from "./dataset.ts";
import { type Examples, examplesOf } from "./examples.ts";
import type { JobFiles } from "./file-store.ts";
import { foldsOf } from "./folds.ts";
import type { Parent } from "./parent.ts";
import { planTraining, type TrainingPlan } from "./plan.ts";
import type { Sample } from "./sample.ts";
import type { RetrainingJob } from "./schema.ts";
import { type Split, splitSessions } from "./split.ts";
import { weighted } from "./weights.ts";

/** A job's data set in memory, ready to train on: the same for every worker that opens it. */
export interface Workspace {
  training: Lifecycle["training"];
  limits: Lifecycle["validation"];
  /** When the data were collected, and when the first of them expires: server times, ISO 8601. */
  collected?: { at?: string | undefined; expires?: string | undefined };
  validation: ValidationReport;
  examples: Examples;
  /** Every valid visit, those too that teach nothing under the policy: what the reference is made of. */
  visits: Examples;
  split: Split;
  plan: TrainingPlan;
  /** Fold of each row, -1 where it takes no part; null where there is no cross-validation. */
  fold: Int32Array | null;
  /** What an incremental retraining goes on from; its plan is the parent's. */
  parent: Parent | null;
}

/**
 * Reads a job's data set and prepares it.
 * @param parent of an incremental job
 * @throws {CorruptError} it is not what was collected
 */
export async function openWorkspace(files: JobFiles, job: RetrainingJob, parent: Parent | null): Promise<Workspace> {
  if (job.dataset === null) throw new CorruptError(`the job ${job.id} is ${job.stage} and has no data set`);
  const { header, samples } = decodeDataset(await files.get("dataset", job.dataset.sha256));
  // A job that was opened before the policy knew a number goes by its default.
  const { training, validation: limits } = Lifecycle.parse({
    // A review compares trainings on the hold-out: folds would add nothing.
    training: job.kind === "review" ? { ...header.training, folds: 0 } : header.training,
    validation: header.validation,
  });
  const [fromMs, toMs, asOfMs] = [header.from, header.to, job.as_of].map((time) => Date.parse(time)) as [
    number,
    number,
    number,
  ];
  const collected = { at: header.collected_at, expires: header.expires };
  return { ...preparedWorkspace(samples, { fromMs, toMs, asOfMs }, { training, limits, parent }), collected };
}

/** The samples that a job has collected, before they are validated. */
export async function readSamples(files: JobFiles, job: RetrainingJob): Promise<Sample[]> {
  if (job.dataset === null) throw new CorruptError(`the job ${job.id} is ${job.stage} and has no data set`);
  return decodeDataset(await files.get("dataset", job.dataset.sha256)).samples;
}

/** Those of some samples that are valid, and the report on all. */
export function validSamples(
  samples: readonly Sample[],
  times: { fromMs: number; toMs: number; asOfMs: number },
  limits: Lifecycle["validation"],
): { valid: Sample[]; validation: ValidationReport } {
  const validator = new LogValidator(times, { limits, busy: busyVisitors(samples, limits) });
  const valid = samples.filter((sample) => validator.check(sample).length === 0);
  return { valid, validation: validator.report() };
}

/** Validates samples, and makes those that are valid ready to train on. */
export function preparedWorkspace(
  samples: readonly Sample[],
  times: { fromMs: number; toMs: number; asOfMs: number },
  { training, limits, parent }: Pick<Workspace, "training" | "limits" | "parent">,
): Workspace {
  const { valid, validation } = validSamples(samples, times, limits);
  return workspaceOf(valid, { training, limits, validation, parent });
}

/** Makes valid samples ready to train on. */
export function workspaceOf(
  samples: readonly Sample[],
  { training, limits, validation, parent }: Pick<Workspace, "training" | "limits" | "validation" | "parent">,
): Workspace {
  const examples = examplesOf(samples, training.target_policy);
  const visits = training.target_policy === "engagement" ? examples : examplesOf(samples, "engagement");
  const split = splitSessions(examples, training.holdout_share);
  examples.weights = weighted(examples, split, training);
  const plan = parent?.plan ?? planTraining(examples, split);
  const fold = parent === null ? crossValidationFolds(examples, split, training) : null;
  return { training, limits, validation, examples, visits, split, plan, fold, parent };
}

/** Parts the training side into folds by session; null where there are too few sessions, or the policy wants none. */
function crossValidationFolds(
  { session, ids }: Examples,
  split: Split,
  { folds, folds_max_sessions: maxGroups, seed }: Lifecycle["training"],
): Int32Array | null {
  if (folds === 0 || split.trainSessions < folds) return null;
  const sessions = Int32Array.from(split.train, (row) => session[row] as number);
  const fold = new Int32Array(ids.length).fill(-1);
  foldsOf(sessions, { folds, seed, maxGroups }).forEach((of, i) => {
    fold[split.train[i] as number] = of;
  });
  return fold;
}
