import type { z } from "zod";
import { TrainingParameters } from "./parameters.ts";

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

/** Rows of a data set; the module counts with 32 bits. */
const MAX_VALUES = 2 ** 31 / 4;

/** Beyond it (measured: from 1e17) the module's float32 sums of squares overflow, and it stops to split in silence. */
const MAX_LABEL = 1e15;

/**
 * Checks everything that the module does not: shapes, numbers, labels against the objective, weights.
 * @returns the parameters with their defaults
 * @throws {TrainingInputError}
 */
export function checkTrainingInput(
  data: TrainingData,
  parameters: TrainingParameters,
  { rounds, seed }: { rounds: number; seed: number },
): z.output<typeof TrainingParameters> {
  const parsed = TrainingParameters.safeParse(parameters);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new TrainingInputError(["parameters", ...(issue?.path ?? [])].join("."), issue?.message ?? "not valid");
  }
  whole("rounds", rounds, 1, 100_000);
  whole("seed", seed, 0, 2_147_483_647);
  checkRows(data, parsed.data);
  checkLabels(data.labels, parsed.data);
  if (data.weights !== undefined) checkWeights(data.weights, data.labels.length);
  if (data.baseMargins !== undefined) checkBaseMargins(data.baseMargins, data.labels.length * outputsOf(parsed.data));
  return parsed.data;
}

function whole(field: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new TrainingInputError(field, `must be a whole number from ${min} to ${max}, is ${value}`);
  }
}

function checkRows({ rows, columns, labels }: TrainingData, { tree_method }: { tree_method: string }): void {
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
    present++;
    if (value === Infinity || value === -Infinity) {
      const field = `rows, column ${i % columns}`;
      throw new TrainingInputError(field, `must be finite, is ${value}`, Math.floor(i / columns));
    }
  }
  if (present === 0 && tree_method === "hist") {
    throw new TrainingInputError("rows", "every value is missing, and hist has nothing to make bins of");
  }
}

/** Margins of a row. */
function outputsOf(parameters: TrainingParameters): number {
  return parameters.objective === "multi:softprob" ? parameters.num_class : 1;
}

function classesOf(parameters: TrainingParameters): number | undefined {
  if (parameters.objective === "binary:logistic") return 2;
  return parameters.objective === "multi:softprob" ? parameters.num_class : undefined;
}

function checkLabels(labels: Float32Array, parameters: z.output<typeof TrainingParameters>): void {
  const classes = classesOf(parameters);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    if (classes === undefined) {
      if (!(Math.abs(label) <= MAX_LABEL)) {
        throw new TrainingInputError("labels", `must be a number from -${MAX_LABEL} to ${MAX_LABEL}, is ${label}`, i);
      }
    } else if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new TrainingInputError("labels", `must be a class from 0 to ${classes - 1}, is ${label}`, i);
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
}

function checkBaseMargins(margins: Float32Array, expected: number): void {
  if (margins.length !== expected) {
    throw new TrainingInputError("baseMargins", `must hold rows x outputs = ${expected}, holds ${margins.length}`);
  }
  margins.forEach((margin, i) => {
    if (!(Math.abs(margin) <= MAX_LABEL)) {
      throw new TrainingInputError(
        "baseMargins",
        `value ${i} must be from -${MAX_LABEL} to ${MAX_LABEL}, is ${margin}`,
      );
    }
  });
}
