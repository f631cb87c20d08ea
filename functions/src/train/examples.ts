import { hourOfWeekCell } from "../design/local-time.ts";
import { rulePolicy } from "../design/rules.ts";
import { FEATURE_NAMES } from "../design/schema.ts";
import { labelsOf, TARGET_NAMES, type TargetName } from "./labels.ts";
import type { Sample } from "./sample.ts";
import { type ServedRows, servedRows } from "./served-rows.ts";
import type { SessionRows } from "./split.ts";

/** Columns of a feature row. */
export const COLUMNS = FEATURE_NAMES.length;

/** What a training learns from and is judged by, column by column: one row per visit that teaches something. */
export interface Examples extends SessionRows {
  /** Ids of the rows' logs. */
  ids: string[];
  /** rows x 19, in the order of FEATURE_NAMES; NaN is missing. */
  features: Float64Array;
  /** Ordinal of each row's visitor. */
  unit: Int32Array;
  /** Ordinal of whom each row is of: one person may be several visitors. */
  subject: Int32Array;
  subjects: number;
  /** Hour-of-week cell of each row, 0-27. */
  cell: Uint8Array;
  /** Primary language subtag of each row's visitor; "" if not told. */
  language: string[];
  /** A session's weights sum to 1, times the row's own weight under the policy. `weighted` goes on from there. */
  weights: Float64Array;
  /** Right answer of each row; NaN where the visit says nothing about a target. */
  labels: Record<TargetName, Float64Array>;
  /** The rule policy's answer of each row. */
  rules: Record<TargetName, Float64Array>;
  /** What each row's visitor was served, and what came of it. */
  served: ServedRows;
}

/** The feature row of an example, as a view. */
export function featuresOf({ features }: Pick<Examples, "features">, row: number): Float64Array {
  return features.subarray(row * COLUMNS, (row + 1) * COLUMNS);
}

/** Labels the valid samples of a data set and lays them out in columns. Visits that teach nothing are left out. */
export function examplesOf(samples: readonly Sample[], policy: "engagement" | "observed"): Examples {
  const taught = samples.flatMap((sample) => {
    const labels = labelsOf(sample, policy);
    return labels === null ? [] : [{ sample, labels }];
  });
  const rows = taught.length;
  const session = ordinals(taught.map(({ sample }) => sample.session_id));
  const unit = ordinals(taught.map(({ sample }) => sample.unit));
  const subject = ordinals(taught.map(({ sample }) => sample.subject ?? sample.unit));
  const visits = new Int32Array(session.distinct);
  for (const s of session.of) visits[s] = (visits[s] ?? 0) + 1;
  const examples: Examples = {
    ids: taught.map(({ sample }) => sample.prediction_id),
    features: new Float64Array(rows * COLUMNS),
    session: session.of,
    sessions: session.distinct,
    unit: unit.of,
    subject: subject.of,
    subjects: subject.distinct,
    eventMs: Float64Array.from(taught, ({ sample }) => Date.parse(sample.event_at)),
    cell: Uint8Array.from(taught, ({ sample }) => hourOfWeekCell(sample.user_context.hora_local)),
    language: taught.map(({ sample }) => sample.language ?? ""),
    weights: Float64Array.from(taught, ({ labels }, row) => labels.weight / (visits[session.of[row] ?? 0] ?? 1)),
    labels: columns(rows),
    rules: columns(rows),
    served: servedRows(taught.map(({ sample }) => sample)),
  };
  taught.forEach(({ sample, labels }, row) => {
    sample.features.forEach((value, i) => {
      examples.features[row * COLUMNS + i] = value ?? Number.NaN;
    });
    const { classes, variables } = rulePolicy(sample.user_context);
    const ruled: Record<TargetName, number> = { ...classes, ...variables };
    for (const target of TARGET_NAMES) {
      examples.labels[target][row] = labels.targets[target] ?? Number.NaN;
      examples.rules[target][row] = ruled[target];
    }
  });
  return examples;
}

function columns(rows: number): Record<TargetName, Float64Array> {
  return Object.fromEntries(TARGET_NAMES.map((target) => [target, new Float64Array(rows)])) as Record<
    TargetName,
    Float64Array
  >;
}

/** Numbers things in the order of their first appearance. */
function ordinals(names: readonly string[]): { of: Int32Array; distinct: number } {
  const seen = new Map<string, number>();
  const of = Int32Array.from(names, (name) => {
    const known = seen.get(name) ?? seen.size;
    seen.set(name, known);
    return known;
  });
  return { of, distinct: seen.size };
}

/** The rows of a side of the split that are labelled for a target. */
export function labelledRows(examples: Examples, side: Int32Array, target: TargetName): Int32Array {
  const labels = examples.labels[target];
  return side.filter((row) => !Number.isNaN(labels[row]));
}

/** The values of some rows. */
export function pick(values: Float64Array, rows: Int32Array): Float64Array {
  return Float64Array.from(rows, (row) => values[row] ?? Number.NaN);
}
