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
import { type LoadedVersion, type Publication, VersionStore } from "../registry/store.ts";
import type { ServedVersion } from "../serve/schema.ts";
import { canonicalJson } from "../shared/canonical.ts";
import { CorruptError } from "../shared/errors.ts";
import { type Answers, answersOf } from "./answers.ts";
import { biasReport } from "./bias.ts";
import { type FoldPredictions, groupOverFolds, variableOverFolds } from "./cross-validation.ts";
import { fingerprint } from "./dataset.ts";
import { type Candidate, evaluateCandidate, judgedGroups } from "./evaluate-candidate.ts";
import type { JobFiles } from "./file-store.ts";
import { importanceOf } from "./importance.ts";
import type { TargetName } from "./labels.ts";
import { modelCard } from "./model-card.ts";
import { offPolicyEvidence } from "./off-policy-evidence.ts";
import { INCREMENTAL_ROUNDS } from "./parent.ts";
import { referenceOf } from "./reference.ts";
import { renewedReference } from "./renewed-reference.ts";
import { scalerOf } from "./scaler.ts";
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
  artefacts.set("reference.json", await referenceFile(workspace, model, answers, held));
  artefacts.set("scaler.json", encode(scalerOf(examples, split.train)));
  const serving = await versionInService(new VersionStore(db, bucket), job.in_service);
  const against = serving === null ? "rules" : serving.meta.version;
  const scoring = (n: number) => held.beat(`scoring ${against}: ${n} rows`);
  const inService: Candidate["inService"] = serving && {
    ...(await answersOf(serving.model, examples, split.holdout, scoring)),
    varyingGroups: serving.model.varyingGroups,
  };
  const candidate = { answers, against, inService } as const;
  const judging = (target: string) => held.beat(`judging ${target}`);
  const offPolicy = await offPolicyEvidence(workspace, { model, inService: serving?.model ?? null }, judging);
  const minSessions = workspace.parent === null ? 0 : workspace.training.incremental_holdout_sessions;
  const { metrics, gate } = await evaluateCandidate(workspace, candidate, { offPolicy, minSessions }, judging);
  await crossValidated(workspace, job, files, metrics);
  const of = serving && { version: against, bundle: serving.bundle, files: serving.files };
  const shuffling = (feature: string) => held.beat(`shuffling ${feature}`);
  const facts: Omit<Assembled["publication"], "feature_schema"> = {
    trained_at: job.as_of,
    features: [...FEATURE_NAMES],
    varying_groups: [...model.varyingGroups],
    lineage: lineageOf(workspace, job, codeVersion),
    metrics,
    gate,
    bias: biasReport(workspace, answers, judgedGroups(workspace, candidate)),
    importance: await importanceOf({ bundle, files: artefacts, model }, workspace, of, shuffling),
  };
  artefacts.set("model-card.md", Buffer.from(modelCard(facts)));
  return { publication: { ...facts, feature_schema: FEATURE_SCHEMA }, files: artefacts };
}

/** The reference: of all visits, not only of those that teach; a child's is its parent's, decayed, and what is new. */
async function referenceFile(
  { examples, visits, parent, training }: Workspace,
  model: JudgedModel,
  answers: Answers,
  held: Pick<HeldJob, "beat">,
): Promise<Uint8Array> {
  const all = Int32Array.from(visits.ids.keys());
  const scoring = (n: number) => held.beat(`scoring for the reference: ${n} of ${all.length} rows`);
  const { classes } = visits === examples ? answers : await answersOf(model, visits, all, scoring);
  if (parent === null) return encode(referenceOf(visits, classes));
  const fresh = referenceOf(visits, classes, parent.reference.features);
  return encode(renewedReference(parent.reference, fresh, training.reference_decay));
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

/** What the candidate is compared with; null for the rules: a version that cannot be opened is not what visitors get, they are. */
async function versionInService(versions: VersionStore, inService: ServedVersion): Promise<LoadedVersion | null> {
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

function encode(value: unknown): Uint8Array {
  return Buffer.from(canonicalJson(value));
}
