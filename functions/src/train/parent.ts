import { CLASS_GROUPS, VARIABLE_NAMES } from "../design/schema.ts";
import { type Booster, parseBooster } from "../model/format.ts";
import { roundsOf } from "../model/rounds.ts";
import { referenceIn } from "../registry/reference-file.ts";
import type { Reference } from "../registry/schema.ts";
import type { VersionStore } from "../registry/store.ts";
import { MAX_ROUNDS } from "./continue-booster.ts";
import type { TargetName } from "./labels.ts";
import type { TrainingPlan } from "./plan.ts";

/** Rounds that an incremental retraining adds to every model. */
export const INCREMENTAL_ROUNDS = 10;

/** The version that an incremental retraining goes on from. */
export interface Parent {
  version: string;
  /** Its constants stay what they are; its trees grow. */
  plan: TrainingPlan;
  boosters: ReadonlyMap<TargetName, Booster>;
  reference: Reference;
}

/**
 * Opens a version to go on from.
 * @throws {CorruptError} it is not what was published
 */
export async function openParent(versions: VersionStore, version: string): Promise<Parent> {
  const { bundle, files } = await versions.load(version);
  const plan: TrainingPlan = { constants: {}, trees: [] };
  const boosters = new Map<TargetName, Booster>();
  const add = (name: TargetName, target: (typeof bundle.classes)["font"]): void => {
    if (target.kind === "constant") {
      plan.constants[name] = target.value;
      return;
    }
    plan.trees.push(name);
    boosters.set(name, parseBooster(files.get(target.file) ?? new Uint8Array()));
  };
  for (const group of CLASS_GROUPS) add(group, bundle.classes[group]);
  for (const name of VARIABLE_NAMES) add(name, bundle.variables[name]);
  return { version, plan, boosters, reference: referenceIn(version, files) };
}

/** Why a version cannot be gone on from, in words; undefined if it can. */
export function exhausted({ version, boosters }: Parent): string | undefined {
  for (const [name, booster] of boosters) {
    const rounds = roundsOf(booster);
    if (rounds + INCREMENTAL_ROUNDS <= MAX_ROUNDS) continue;
    return `${name} of ${version} has ${rounds} of at most ${MAX_ROUNDS} rounds: a full retraining is due`;
  }
  return boosters.size === 0 ? `${version} has no trees to go on from: a full retraining is due` : undefined;
}
