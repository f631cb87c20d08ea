import type { z } from "zod";
import { MAX_LABEL, TrainingParameters } from "./parameters.ts";

/** Data or parameters that the module would refuse, or worse, take in silence. Names the field, and the row from 0. */
export class TrainingInputError extends Error {
  readonly field: string;
  readonly row: number | undefined;
  constructor(field: string, message: string, row?: number) {
    super(row === undefined ? `${field}: ${message}` : `${field}, row ${row}: ${message}`);
    this.name = "TrainingInputError";
    this.field = field;
    this.row = row;
  }
}

/** The data of one booster. */
export interface TrainingData {
  /** rows x columns, row by row; NaN is missing. */
  rows: Float32Array;
  columns: number;
  /**
   * One per row: a class from 0, or a number. The module splits no node whose gain (about the sum of the squared
   * deviations that it explains) is under 1e-6: scale numbers up that differ by less.
   */
  labels: Float32Array;
  /** One per row, >= 0, not all 0; all 1 if left out. */
  weights?: Float32Array | undefined;
  /** rows x outputs, row by row: what the trees add to, in the place of one base score for all (continuation). */
  baseMargins?: Float32Array | undefined;
}

/** Rows that a training does not learn from, by which it sees when to stop. */
export interface Holdout {
  /** rows x columns, row by row; NaN is missing. */
  rows: Float32Array;
  labels: Float32Array;
  /** rows x outputs: what the trees add to, where the training has base margins. */
  baseMargins?: Float32Array | undefined;
  /** Rounds without a smaller loss after which training stops. */
  patience: number;
}

/** Rows of a data set; the module counts with 32 bits. */
const MAX_VALUES = 2 ** 31 / 4;

/** Half of float32's range. Thresholds are in the middle between two values, whose sum must not be infinite. */
const MAX_VALUE = 1.7e38;

/** A node's gain is at most its weight x the largest distance squared; beyond float32 the module splits wrongly, in silence. */
const MAX_GAIN = 1e38;

/** Mean weights beside which the weight of what is added (bins.ts) and the least gain of a split still mean something. */
const WEIGHT_RANGE = [1e-12, 1e12] as const;

/**
 * Checks everything that the module does not: shapes, numbers, labels against the objective, weights, the hold-out.
 * @returns the parameters with their defaults
 * @throws {TrainingInputError}
 */
export function checkTrainingInput(
  data: TrainingData,
  parameters: TrainingParameters,
  { rounds, seed, holdout }: { rounds: number; seed: number; holdout?: Holdout | undefined },
): z.output<typeof TrainingParameters> {
  const parsed = TrainingParameters.safeParse(parameters);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new TrainingInputError(["parameters", ...(issue?.path ?? [])].join("."), issue?.message ?? "not valid");
  }
  whole("rounds", rounds, 1, 100_000);
  whole("seed", seed, 0, 2_147_483_647);
  if (data.weights !== undefined) checkWeights(data.weights, data.labels.length);
  checkRows(data, parsed.data);
  checkLabels("labels", data.labels, parsed.data);
  checkBaseMargins("baseMargins", data, parsed.data);
  checkGain(data, parsed.data);
  if (holdout !== undefined) checkHoldout(holdout, data, parsed.data);
  return parsed.data;
}

function whole(field: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new TrainingInputError(field, `must be a whole number from ${min} to ${max}, is ${value}`);
  }
}

function checkRows({ rows, columns, labels, weights }: TrainingData, { tree_method }: { tree_method: string }): void {
  whole("columns", columns, 1, 10_000);
  if (labels.length === 0) throw new TrainingInputError("labels", "there must be at least one row");
  if (rows.length !== labels.length * columns) {
    const expected = `${labels.length} labels x ${columns} columns`;
    throw new TrainingInputError(
      "rows",
      `must hold ${expected} = ${labels.length * columns} values, holds ${rows.length}`,
    );
  }
  if (rows.length > MAX_VALUES) {
    throw new TrainingInputError(
      "rows",
      `${rows.length} values are more than the module's memory holds; take fewer rows`,
    );
  }
  let present = 0;
  for (let i = 0; i < rows.length; i++) {
    const value = rows[i] as number;
    if (Number.isNaN(value)) continue;
    const row = Math.floor(i / columns);
    if (weights?.[row] !== 0) present++;
    if (!(Math.abs(value) <= MAX_VALUE)) {
      const field = `rows, column ${i % columns}`;
      throw new TrainingInputError(field, `must be a number from -${MAX_VALUE} to ${MAX_VALUE}, is ${value}`, row);
    }
  }
  if (present === 0 && tree_method === "hist") {
    throw new TrainingInputError("rows", "no row that weighs anything has a value: hist has nothing to make bins of");
  }
}

/** Margins of a row. */
export function outputsOf(parameters: TrainingParameters): number {
  return parameters.objective === "multi:softprob" ? parameters.num_class : 1;
}

function classesOf(parameters: TrainingParameters): number | undefined {
  if (parameters.objective === "binary:logistic") return 2;
  return parameters.objective === "multi:softprob" ? parameters.num_class : undefined;
}

function checkLabels(field: string, labels: Float32Array, parameters: TrainingParameters): void {
  const classes = classesOf(parameters);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    if (classes === undefined) {
      if (!(Math.abs(label) <= MAX_LABEL)) {
        throw new TrainingInputError(field, `must be a number from -${MAX_LABEL} to ${MAX_LABEL}, is ${label}`, i);
      }
    } else if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new TrainingInputError(field, `must be a class from 0 to ${classes - 1}, is ${label}`, i);
    }
  }
}

function checkWeights(weights: Float32Array, rows: number): void {
  if (weights.length !== rows) {
    throw new TrainingInputError("weights", `must hold one per row = ${rows}, holds ${weights.length}`);
  }
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number;
    if (!Number.isFinite(weight) || weight < 0) {
      throw new TrainingInputError("weights", `must be finite and not negative, is ${weight}`, i);
    }
    sum += weight;
  }
  if (sum === 0) throw new TrainingInputError("weights", "all are 0: there is nothing to learn from");
  const [least, most] = WEIGHT_RANGE;
  if (sum / rows < least || sum / rows > most) {
    throw new TrainingInputError("weights", `their mean must be from ${least} to ${most}, is ${sum / rows}`);
  }
}

function checkBaseMargins(
  field: string,
  { baseMargins, labels }: Pick<TrainingData, "baseMargins" | "labels">,
  parameters: TrainingParameters,
): void {
  if (baseMargins === undefined) return;
  const expected = labels.length * outputsOf(parameters);
  if (baseMargins.length !== expected) {
    throw new TrainingInputError(field, `must hold rows x outputs = ${expected}, holds ${baseMargins.length}`);
  }
  baseMargins.forEach((margin, i) => {
    if (!(Math.abs(margin) <= MAX_LABEL)) {
      throw new TrainingInputError(field, `value ${i} must be from -${MAX_LABEL} to ${MAX_LABEL}, is ${margin}`);
    }
  });
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** Of numbers: classes are never further than 1 from their probability. */
function checkGain({ labels, weights, baseMargins }: TrainingData, parameters: TrainingParameters): void {
  if (parameters.objective !== "reg:linear") return;
  const most = largest(labels);
  const start = baseMargins === undefined ? Math.abs(parameters.base_score ?? most) : largest(baseMargins);
  const weight = weights?.reduce((a, b) => a + b, 0) ?? labels.length;
  const gain = weight * (most + start) ** 2;
  if (gain > MAX_GAIN) {
    const what = `so far from what trees add to that sums of squares (up to ${gain.toExponential(1)}) are over ${MAX_GAIN}`;
    throw new TrainingInputError("labels", `are ${what}; scale them or the weights down`);
  }
}

function checkHoldout(holdout: Holdout, { columns, baseMargins }: TrainingData, parameters: TrainingParameters): void {
  const { rows, labels, patience } = holdout;
  if (labels.length === 0 || rows.length !== labels.length * columns) {
    throw new TrainingInputError(
      "holdout.rows",
      `holds ${rows.length} values for ${labels.length} labels x ${columns}`,
    );
  }
  if (!Number.isInteger(patience) || patience < 1) {
    throw new TrainingInputError("holdout.patience", `must be a whole number from 1, is ${patience}`);
  }
  checkLabels("holdout.labels", labels, parameters);
  if ((baseMargins === undefined) !== (holdout.baseMargins === undefined)) {
    throw new TrainingInputError("holdout.baseMargins", "must be given where the training has them, and only there");
  }
  checkBaseMargins("holdout.baseMargins", holdout, parameters);
}
