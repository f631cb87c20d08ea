import { classIndices } from "../design/css.ts";
import {
  CLASS_GROUPS,
  CLASSES,
  type ClassGroup,
  VARIABLE_NAMES,
  VARIABLES,
  type VariableName,
} from "../design/schema.ts";
import { engagementTarget, saidRight } from "../design/targets.ts";
import type { Sample } from "./sample.ts";

/** What one version answers: class groups by a class index, variables by a number in their unit. */
export type TargetName = ClassGroup | VariableName;

/** All targets, class groups first. */
export const TARGET_NAMES: readonly TargetName[] = [...CLASS_GROUPS, ...VARIABLE_NAMES];

/** True for a target that is one of three classes. */
export function isClassGroup(target: TargetName): target is ClassGroup {
  return (CLASS_GROUPS as readonly string[]).includes(target);
}

/** Most that a single row may weigh under the policy `observed`: what rarely was served would otherwise rule the training. */
const MAX_WEIGHT = 20;

/** What a visit says about the right design. A target that it says nothing about is left out. */
export interface Labels {
  targets: Partial<Record<TargetName, number>>;
  /** Weight of the row, before sessions are evened out. */
  weight: number;
}

/** The labels of a visit under a target policy, or null if it teaches nothing. */
export function labelsOf(sample: Sample, policy: "engagement" | "observed"): Labels | null {
  return policy === "engagement" ? engagementLabels(sample) : observedLabels(sample);
}

function engagementLabels(sample: Sample): Labels {
  const { classes, variables } = engagementTarget(sample);
  return { targets: { ...classes, ...variables }, weight: 1 };
}

/**
 * Policy `observed`: an engaged or satisfied visit says that the design it was served was right, and explicit feedback wins
 * over behaviour. Only what was really served fresh counts; a row weighs the inverse of the probability with which its
 * design was served, at most 20.
 */
function observedLabels(sample: Sample): Labels | null {
  if (sample.served !== "fresh") return null;
  const targets: Labels["targets"] = saidRight(sample) ? servedDesign(sample) : {};
  const preferred = sample.feedback?.preferred ?? {};
  for (const group of CLASS_GROUPS) {
    const wanted = preferred[group];
    if (wanted !== undefined) targets[group] = (CLASSES[group] as readonly string[]).indexOf(wanted);
  }
  if (Object.keys(targets).length === 0) return null;
  return { targets, weight: Math.min(1 / sample.propensity, MAX_WEIGHT) };
}

function servedDesign(sample: Sample): Labels["targets"] {
  const targets: Labels["targets"] = classIndices(sample.predicted_css_classes);
  for (const name of VARIABLE_NAMES) {
    const { css, min, max } = VARIABLES[name];
    const value = Number.parseFloat(sample.predicted_css_variables[css] ?? "");
    // The page tells what it applied; a value that no version could have answered teaches nothing.
    if (value >= min && value <= max) targets[name] = value;
  }
  return targets;
}
