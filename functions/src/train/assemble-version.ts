import type { Bucket } from "@google-cloud/storage";
import type { Firestore } from "firebase-admin/firestore";
import { CLASS_GROUPS, type VariableName } from "../design/schema.ts";
import type { ModelVersion } from "../registry/schema.ts";
import { type LoadedVersion, type Publication, VersionStore } from "../registry/store.ts";
import type { ServedVersion } from "../serve/schema.ts";
import { CorruptError } from "../shared/errors.ts";
import { type FoldPredictions, groupOverFolds, variableOverFolds } from "./cross-validation.ts";
import { fingerprint } from "./dataset.ts";
import type { JobFiles } from "./file-store.ts";
import type { TargetName } from "./labels.ts";
import { type Assembled, makeVersion } from "./make-version.ts";
import { INCREMENTAL_ROUNDS } from "./parent.ts";
import type { RetrainingJob } from "./schema.ts";
import type { HeldJob } from "./store.ts";
import { unitsOf } from "./units.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Puts a job's finished units together: files, figures on the hold-out and the gate's verdict. Done twice, it gives the same
 * bytes.
 * @param codeVersion of this package
 */
export async function assembleVersion(
  { db, bucket, files, codeVersion }: { db: Firestore; bucket: Bucket; files: JobFiles; codeVersion: string },
  workspace: Workspace,
  held: HeldJob,
): Promise<Assembled> {
  const { job } = held;
  const boosters = new Map<TargetName, Uint8Array>();
  for (const target of workspace.plan.trees) boosters.set(target, await files.get(target, job.units[target] ?? ""));
  const made = await makeVersion(
    workspace,
    {
      boosters,
      serving: await versionInService(new VersionStore(db, bucket), job.in_service),
      trainedAt: job.as_of,
      lineage: lineageOf(workspace, job, codeVersion),
    },
    (message) => held.beat(message),
  );
  await crossValidated(workspace, job, files, made.publication.metrics);
  return made;
}

/** Adds what each fold's own models were worth to the figures of the targets that were trained. */
async function crossValidated(
  workspace: Workspace,
  job: RetrainingJob,
  files: JobFiles,
  { classes, variables }: ModelVersion["metrics"],
): Promise<void> {
  const predictionsOf = async (target: TargetName): Promise<FoldPredictions> => {
    const names = unitsOf(workspace).filter((unit) => unit.target === target && unit.fold !== null);
    // A job that was past its training before there were folds has none.
    return Promise.all(
      names.map(({ name }) => {
        const sha256 = job.units[name];
        return sha256 === undefined ? new Uint8Array() : files.get(name, sha256);
      }),
    );
  };
  for (const group of CLASS_GROUPS) {
    classes[group].cross_validation = groupOverFolds(workspace, group, await predictionsOf(group));
  }
  for (const [name, figures] of Object.entries(variables)) {
    const variable = name as VariableName;
    figures.cross_validation = variableOverFolds(workspace, variable, await predictionsOf(variable));
  }
}

/** What the candidate is compared with; null for the rules: a version that cannot be opened is not what visitors get, they are. */
export async function versionInService(
  versions: VersionStore,
  inService: ServedVersion,
): Promise<LoadedVersion | null> {
  if (inService === "rules") return null;
  try {
    return await versions.load(inService);
  } catch (error) {
    if (error instanceof CorruptError) return null;
    throw error;
  }
}

function lineageOf(
  { training, limits, collected, examples, split, parent }: Workspace,
  job: RetrainingJob,
  code: string,
): Publication["lineage"] {
  const { target_policy, seed, ...parameters } = training;
  return {
    kind: job.kind === "incremental" ? "incremental" : "full",
    parent: job.in_service === "rules" ? null : job.in_service,
    job: job.id,
    data: {
      from: job.dataset?.from ?? job.as_of,
      to: job.dataset?.to ?? job.as_of,
      rows: examples.ids.length,
      sessions: examples.sessions,
      train_sessions: split.trainSessions,
      holdout_sessions: split.holdoutSessions,
      fingerprint: fingerprint(examples.ids),
      subjects: examples.subjects,
      ...(collected?.at === undefined ? {} : { collected_at: collected.at }),
      ...(collected?.expires === undefined ? {} : { reproducible_until: collected.expires.slice(0, 10) }),
    },
    validation: { ...limits },
    parameters: parent === null ? parameters : { ...parameters, rounds: INCREMENTAL_ROUNDS },
    target_policy,
    seed,
    code,
  };
}
