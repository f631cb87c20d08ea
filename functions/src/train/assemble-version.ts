import type { Bucket } from "@google-cloud/storage";
import type { Firestore } from "firebase-admin/firestore";
import {
  CLASS_GROUPS,
  type ClassGroup,
  FEATURE_NAMES,
  FEATURE_SCHEMA,
  VARIABLE_NAMES,
  type VariableName,
} from "../design/schema.ts";
import { type JudgedModel, openBundle } from "../model/bundle.ts";
import { FOREST_FILE, freezeBundle } from "../model/bundle-trees.ts";
import { parseBooster } from "../model/format.ts";
import { type Bundle, type Target, XGBOOST_JSON } from "../model/schema.ts";
import { writeXgboostJson } from "../model/write-xgboost-json.ts";
import type { ModelVersion } from "../registry/schema.ts";
import { type Publication, VersionStore } from "../registry/store.ts";
import type { ServedVersion } from "../serve/schema.ts";
import { canonicalJson } from "../shared/canonical.ts";
import { CorruptError } from "../shared/errors.ts";
import { type Answers, answersOf } from "./answers.ts";
import { type FoldPredictions, groupOverFolds, variableOverFolds } from "./cross-validation.ts";
import { fingerprint } from "./dataset.ts";
import { type Candidate, evaluateCandidate } from "./evaluate-candidate.ts";
import type { JobFiles } from "./file-store.ts";
import type { TargetName } from "./labels.ts";
import { INCREMENTAL_ROUNDS } from "./parent.ts";
import { referenceOf } from "./reference.ts";
import type { RetrainingJob } from "./schema.ts";
import type { HeldJob } from "./store.ts";
import { unitsOf } from "./units.ts";
import type { Workspace } from "./workspace.ts";

/** A version that only lacks its name. */
export interface Assembled {
  publication: Omit<Publication, "version">;
  files: ReadonlyMap<string, Uint8Array>;
}

/**
 * Puts a job's finished units together: bundle, reference, figures on the hold-out and the gate's verdict. Done twice, it
 * gives the same bytes.
 * @param codeVersion of this package
 */
export async function assembleVersion(
  { db, bucket, files, codeVersion }: { db: Firestore; bucket: Bucket; files: JobFiles; codeVersion: string },
  workspace: Workspace,
  held: HeldJob,
): Promise<Assembled> {
  const { examples, split, plan } = workspace;
  const { job } = held;
  const artefacts = new Map<string, Uint8Array>();
  for (const target of plan.trees) {
    artefacts.set(boosterFile(target), await files.get(target, job.units[target] ?? ""));
  }
  const bundle = bundleOf(workspace);
  artefacts.set("bundle.json", encode(bundle));
  addOtherForms(bundle, artefacts);
  const model = openBundle(bundle, artefacts);

  const all = Int32Array.from(examples.ids.keys());
  const answers = await answersOf(model, examples, all, (n) => held.beat(`scoring: ${n} of ${all.length} rows`));
  artefacts.set(
    "reference.json",
    workspace.parent?.reference ?? (await referenceFile(workspace, model, answers, held)),
  );
  const { against, model: serving } = await modelInService(new VersionStore(db, bucket), job.in_service);
  const scoring = (n: number) => held.beat(`scoring ${against}: ${n} rows`);
  const inService: Candidate["inService"] = serving && {
    ...(await answersOf(serving, examples, split.holdout, scoring)),
    varyingGroups: serving.varyingGroups,
  };
  const candidate = { answers, against, inService };
  const judging = (target: string) => held.beat(`judging ${target}`);
  const { metrics, gate } = await evaluateCandidate(workspace, candidate, judging);
  await crossValidated(workspace, job, files, metrics);
  const publication: Assembled["publication"] = {
    trained_at: job.as_of,
    features: [...FEATURE_NAMES],
    feature_schema: FEATURE_SCHEMA,
    varying_groups: [...model.varyingGroups],
    lineage: lineageOf(workspace, job, codeVersion),
    metrics,
    gate,
  };
  return { publication, files: artefacts };
}

/** The reference of a full training: of all visits, not only of those that teach. */
async function referenceFile(
  { examples, visits }: Workspace,
  model: JudgedModel,
  answers: Answers,
  held: HeldJob,
): Promise<Uint8Array> {
  if (visits === examples) return encode(referenceOf(examples, answers.classes));
  const all = Int32Array.from(visits.ids.keys());
  const scoring = (n: number) => held.beat(`scoring for the reference: ${n} of ${all.length} rows`);
  return encode(referenceOf(visits, (await answersOf(model, visits, all, scoring)).classes));
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

/** What follows from bundle and boosters: the frozen form that answers visits, and the one that XGBoost itself opens. */
function addOtherForms(bundle: Bundle, artefacts: Map<string, Uint8Array>): void {
  const forest = freezeBundle(bundle, artefacts);
  for (const [file, bytes] of [...artefacts]) {
    if (!file.endsWith(".xgb")) continue;
    const json = writeXgboostJson(parseBooster(bytes));
    artefacts.set(file.replace(/\.xgb$/, XGBOOST_JSON), Buffer.from(json));
  }
  if (forest !== undefined) artefacts.set(FOREST_FILE, forest);
}

function boosterFile(target: TargetName): string {
  return `${target}.xgb`;
}

function bundleOf({ plan }: Workspace): Bundle {
  const target = (name: TargetName): Target => {
    const value = plan.constants[name];
    return value === undefined ? { kind: "trees", file: boosterFile(name) } : { kind: "constant", value };
  };
  return {
    schema_version: 1,
    features: [...FEATURE_NAMES],
    classes: Object.fromEntries(CLASS_GROUPS.map((group) => [group, target(group)])) as Record<ClassGroup, Target>,
    variables: Object.fromEntries(VARIABLE_NAMES.map((name) => [name, target(name)])) as Record<VariableName, Target>,
  };
}

/** What the candidate is compared with: a version that cannot be opened is not what visitors get, the rules are. */
async function modelInService(
  versions: VersionStore,
  inService: ServedVersion,
): Promise<{ against: ServedVersion; model: JudgedModel | null }> {
  if (inService === "rules") return { against: "rules", model: null };
  try {
    return { against: inService, model: await versions.loadModel(inService) };
  } catch (error) {
    if (error instanceof CorruptError) return { against: "rules", model: null };
    throw error;
  }
}

function lineageOf(
  { training, examples, split, parent }: Workspace,
  job: RetrainingJob,
  code: string,
): Publication["lineage"] {
  const { target_policy, seed, ...parameters } = training;
  return {
    kind: job.kind,
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
    },
    parameters: parent === null ? parameters : { ...parameters, rounds: INCREMENTAL_ROUNDS },
    target_policy,
    seed,
    code,
  };
}

function encode(value: unknown): Uint8Array {
  return Buffer.from(canonicalJson(value));
}
