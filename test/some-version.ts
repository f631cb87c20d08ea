import { FEATURE_NAMES, VARIABLE_NAMES, VARIABLES } from "../functions/src/design/schema.ts";
import type { Bundle } from "../functions/src/model/schema.ts";
import type { Publication } from "../functions/src/registry/store.ts";
import { checksums, versionId } from "../functions/src/registry/version-id.ts";

/** A version without trees: it answers every visit with densidad-alta and a larger font. */
export const CONSTANT_BUNDLE: Bundle = {
  schema_version: 1,
  features: [...FEATURE_NAMES],
  classes: {
    density: { kind: "constant", value: 2 },
    font: { kind: "constant", value: 0 },
    theme: { kind: "constant", value: 1 },
  },
  variables: {
    ...(Object.fromEntries(
      VARIABLE_NAMES.map((name) => [name, { kind: "constant", value: VARIABLES[name].neutral }]),
    ) as Bundle["variables"]),
    font_size_base: { kind: "constant", value: 1.15 },
  },
};

/** What a training would publish of a version, with whatever the test is about put in its place. */
export function somePublication(version: string, differences: Partial<Publication> = {}): Publication {
  const group = {
    rows: 400,
    sessions: 300,
    accuracy: 0.8,
    log_loss: 0.5,
    rules_accuracy: 0.7,
    majority_accuracy: 0.7,
    varies: false,
  };
  const variable = { rows: 400, mae: 0, normalised_mae: 0, rules_mae: 0, varies: false };
  return {
    version,
    trained_at: "2026-08-01T00:00:00.000Z",
    features: [...FEATURE_NAMES],
    feature_schema: 1,
    varying_groups: [],
    lineage: {
      kind: "full",
      parent: null,
      job: "admin.test",
      data: {
        from: "2026-07-01T00:00:00.000Z",
        to: "2026-08-01T00:00:00.000Z",
        rows: 2000,
        sessions: 1500,
        train_sessions: 1200,
        holdout_sessions: 300,
        fingerprint: "0".repeat(64),
      },
      parameters: { rounds: 60 },
      target_policy: "engagement",
      seed: 1,
      code: "0.1.0",
    },
    metrics: {
      classes: { density: group, font: group, theme: group },
      variables: Object.fromEntries(VARIABLE_NAMES.map((name) => [name, variable])),
    },
    gate: { verdict: "better", reason: "better on density", against: "rules", accuracy_difference: 0.1 },
    ...differences,
  };
}

/** The files of a version that needs no trees, and its id; `note` makes the bytes, and so the id, differ. */
export function someFiles(createdMs: number, note = ""): { version: string; files: Map<string, Uint8Array> } {
  const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const files = new Map([
    ["bundle.json", bytes(CONSTANT_BUNDLE)],
    ["reference.json", bytes({ note })],
  ]);
  return { version: versionId({ createdMs, artefacts: checksums(files) }), files };
}
