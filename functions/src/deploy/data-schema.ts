import { CLASS_GROUPS, CLASSES, FEATURE_NAMES, FEATURE_SCHEMA, VARIABLE_NAMES, VARIABLES } from "../design/schema.ts";
import type { VersionModel } from "../model/bundle.ts";
import type { Bundle } from "../model/schema.ts";
import { outputFaults } from "../registry/outputs.ts";
import type { ModelVersion } from "../registry/schema.ts";
import { check } from "./check.ts";
import type { Check } from "./schema.ts";

/** What says of a version what it takes and what it answers. */
interface Described {
  meta: ModelVersion;
  bundle: Bundle;
  model: VersionModel;
}

/**
 * The version was trained on the features that are computed today, and for the classes, variables, units and ranges that are
 * answered today; its document and its bundle agree, by name.
 */
export function dataSchemaCompatibility(described: Described): Check {
  const { meta, bundle } = described;
  const faults = [...featureFaults(described), ...targetFaults(described)];
  const targets = CLASS_GROUPS.length + VARIABLE_NAMES.length;
  const figures = {
    features: bundle.features.length,
    targets,
    feature_schema: meta.feature_schema,
    outputs_recorded: meta.outputs === undefined ? 0 : targets,
  };
  const outputs =
    meta.outputs === undefined
      ? "; classes, units and ranges that it was trained for were not recorded then"
      : ", with their classes, units and ranges";
  const message = `${bundle.features.length} features and ${targets} targets are known by name${outputs}`;
  return check("data_schema_compatibility", faults, message, figures);
}

function featureFaults({ meta, bundle }: Described): string[] {
  const known: readonly string[] = FEATURE_NAMES;
  const faults: string[] = [];
  if (meta.feature_schema !== FEATURE_SCHEMA) {
    faults.push(`trained on feature schema ${meta.feature_schema}; logs have ${FEATURE_SCHEMA}`);
  }
  const unknown = meta.features.filter((name) => !known.includes(name));
  if (unknown.length > 0) faults.push(`unknown features: ${unknown.join(", ")}`);
  if (new Set(bundle.features).size !== bundle.features.length) faults.push("the bundle names a feature twice");
  if (bundle.features.join() !== meta.features.join()) faults.push("the bundle's features are not the document's");
  return faults;
}

function targetFaults({ meta, bundle, model }: Described): string[] {
  const varying = model.varyingGroups.join(", ");
  const faults = meta.outputs === undefined ? [] : outputFaults(meta.outputs);
  if (CLASS_GROUPS.filter((group) => meta.varying_groups.includes(group)).join(", ") !== varying) {
    faults.push(
      `the document says that ${meta.varying_groups.join(", ") || "nothing"} varies, the models ${varying || "nothing"}`,
    );
  }
  const judged: readonly string[] = Object.keys(meta.metrics.variables);
  const unknown = judged.filter((name) => !(VARIABLE_NAMES as string[]).includes(name));
  const unjudged = VARIABLE_NAMES.filter((name) => !judged.includes(name));
  if (unknown.length > 0) faults.push(`figures of unknown variables: ${unknown.join(", ")}`);
  if (unjudged.length > 0) faults.push(`no figures of the variables ${unjudged.join(", ")}`);
  for (const group of CLASS_GROUPS) {
    const target = bundle.classes[group];
    if (target.kind === "constant" && CLASSES[group][target.value] === undefined) {
      faults.push(`${group}: the constant ${target.value} is no class`);
    }
  }
  for (const name of VARIABLE_NAMES) {
    const target = bundle.variables[name];
    const { min, max, unit } = VARIABLES[name];
    if (target.kind === "trees" || (target.value >= min && target.value <= max)) continue;
    faults.push(`${name}: the constant ${target.value} is not within ${min} to ${max}${unit && ` ${unit}`}`);
  }
  return faults;
}
