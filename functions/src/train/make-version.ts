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
import { presentOutputs } from "../registry/outputs.ts";
import { PARITY_FILE } from "../registry/parity-file.ts";
import type { LoadedVersion, Publication } from "../registry/store.ts";
import { canonicalJson } from "../shared/canonical.ts";
import { type Answers, answersOf } from "./answers.ts";
import { biasReport } from "./bias.ts";
import { type Candidate, evaluateCandidate } from "./evaluate-candidate.ts";
import { importanceOf } from "./importance.ts";
import type { TargetName } from "./labels.ts";
import { modelCard } from "./model-card.ts";
import { offPolicyEvidence } from "./off-policy-evidence.ts";
import { referenceOf } from "./reference.ts";
import { renewedReference } from "./renewed-reference.ts";
import { scalerOf } from "./scaler.ts";
import { trainerAnswers } from "./trainer-answers.ts";
import type { Workspace } from "./workspace.ts";

/** A version that only lacks its name. */
export interface Assembled {
  publication: Omit<Publication, "version">;
  files: ReadonlyMap<string, Uint8Array>;
}

/** What a version is made of, beside its data. */
export interface Makings {
  /** The trained models, by target. */
  boosters: ReadonlyMap<TargetName, Uint8Array>;
  /** What it is compared with; null for the rules. */
  serving: LoadedVersion | null;
  trainedAt: string;
  lineage: Publication["lineage"];
}

type Beat = (message: string) => Promise<void>;

/**
 * Makes a version: bundle, frozen trees, what the trainer itself answers, reference, statistics, figures on the hold-out, the
 * gate's verdict, and the card that tells of it all. The same makings give the same bytes.
 * @param beat a sign of life, every few seconds at least
 */
export async function makeVersion(
  workspace: Workspace,
  { boosters, serving, trainedAt, lineage }: Makings,
  beat: Beat,
): Promise<Assembled> {
  const { examples, split, training } = workspace;
  const files = new Map<string, Uint8Array>();
  for (const [target, bytes] of boosters) files.set(boosterFile(target), bytes);
  const bundle = bundleOf(workspace);
  files.set("bundle.json", encode(bundle));
  addOtherForms(bundle, files);
  await beat("asking the trainer's module for its own answers");
  files.set(PARITY_FILE, encode(await trainerAnswers(bundle, files, training.seed)));
  const model = openBundle(bundle, files);

  const all = Int32Array.from(examples.ids.keys());
  const answers = await answersOf(model, examples, all, (n) => beat(`scoring: ${n} of ${all.length} rows`));
  files.set("reference.json", await referenceFile(workspace, model, answers, beat));
  files.set("scaler.json", encode(scalerOf(examples, split.train)));
  const against = serving === null ? "rules" : serving.meta.version;
  const scoring = (n: number) => beat(`scoring ${against}: ${n} rows`);
  const inService: Candidate["inService"] = serving && {
    ...(await answersOf(serving.model, examples, split.holdout, scoring)),
    varyingGroups: serving.model.varyingGroups,
  };
  const candidate = { answers, against, inService } as const;
  const judging = (target: string) => beat(`judging ${target}`);
  const offPolicy = await offPolicyEvidence(workspace, { model, inService: serving?.model ?? null }, judging);
  const minSessions = workspace.parent === null ? 0 : workspace.training.incremental_holdout_sessions;
  const asked = { offPolicy, minSessions };
  const { metrics, gate, judged } = await evaluateCandidate(workspace, candidate, asked, judging);
  const of = serving && { version: against, bundle: serving.bundle, files: serving.files };
  const shuffling = (feature: string) => beat(`shuffling ${feature}`);
  const facts: Omit<Assembled["publication"], "feature_schema"> = {
    trained_at: trainedAt,
    features: [...FEATURE_NAMES],
    varying_groups: [...model.varyingGroups],
    outputs: presentOutputs(),
    lineage,
    metrics,
    gate,
    bias: biasReport(workspace, answers, judged),
    importance: await importanceOf({ bundle, files, model }, workspace, of, shuffling),
  };
  files.set("model-card.md", Buffer.from(modelCard(facts)));
  return { publication: { ...facts, feature_schema: FEATURE_SCHEMA }, files };
}

/** The reference: of all visits, not only of those that teach; a child's is its parent's, decayed, and what is new. */
async function referenceFile(
  { examples, visits, parent, training }: Workspace,
  model: JudgedModel,
  answers: Answers,
  beat: Beat,
): Promise<Uint8Array> {
  const all = Int32Array.from(visits.ids.keys());
  const scoring = (n: number) => beat(`scoring for the reference: ${n} of ${all.length} rows`);
  const { classes } = visits === examples ? answers : await answersOf(model, visits, all, scoring);
  if (parent === null) return encode(referenceOf(visits, classes));
  const fresh = referenceOf(visits, classes, parent.reference.features);
  return encode(renewedReference(parent.reference, fresh, training.reference_decay));
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

function encode(value: unknown): Uint8Array {
  return Buffer.from(canonicalJson(value));
}
