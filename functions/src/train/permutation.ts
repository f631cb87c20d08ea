import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import {
  CLASSES,
  type ClassGroup,
  FEATURE_NAMES,
  type FeatureName,
  VARIABLES,
  type VariableName,
} from "../design/schema.ts";
import type { JudgedModel } from "../model/bundle.ts";
import type { Importance } from "../registry/schema.ts";
import { addRow, figuresFrom, sumsOf } from "./classification.ts";
import { COLUMNS, type Examples, featuresOf } from "./examples.ts";
import { absoluteError, periodOf } from "./metrics.ts";

/** Hold-out rows that are scored for a feature: enough for a tenth of a percent, and few enough for 19 features. */
const MAX_ROWS = 5000;
/** Shuffles of a feature, of which the mean is taken where the hold-out is small; scikit-learn's n_repeats. */
const MAX_REPEATS = 5;

/** Whose model, and the rows that it is shuffled on. */
export interface PermutationInput {
  model: JudgedModel;
  examples: Pick<Examples, "features" | "labels" | "weights">;
  /** The hold-out. */
  rows: Int32Array;
  /** Targets that vary: what is constant cannot be lost. */
  groups: readonly ClassGroup[];
  variables: readonly VariableName[];
  /** Features that some tree splits on; nothing can follow from the others, which are 0 without a look. */
  splitOn: ReadonlySet<FeatureName>;
  seed: number;
  /** A sign of life before each feature. */
  onProgress: (feature: FeatureName) => Promise<void>;
}

type Loss = Importance["permutation"][FeatureName] & object;

/**
 * Permutation importance (Breiman 2001, "Random Forests", section 10): what is lost when the values of one feature are shuffled
 * among the rows, so that they say nothing any more. Fall of the accuracy and rise of the log-loss (nats), means over the
 * class groups; rise of error / range, mean over the variables; each weighted as all figures are, 0 where no row is labelled.
 * Features that say the same (the viewport and the device) stand in for each other: both may seem to matter little. The same
 * rows and seed give the same figures, and those of a feature do not depend on which others are split on.
 */
export async function permutationImportance(input: PermutationInput): Promise<Record<FeatureName, Loss>> {
  const random = xoroshiro128plus(input.seed);
  const shuffled = (values: Int32Array): Int32Array => {
    const order = values.slice();
    // Fisher-Yates.
    for (let i = order.length - 1; i > 0; i--) {
      const j = uniformInt(random, 0, i);
      [order[i], order[j]] = [order[j] as number, order[i] as number];
    }
    return order;
  };
  const rows = input.rows.length <= MAX_ROWS ? input.rows : shuffled(input.rows).subarray(0, MAX_ROWS).sort();
  const repeats = Math.min(MAX_REPEATS, Math.max(1, Math.floor(MAX_ROWS / rows.length)));
  const before = lossesOf(input, rows);
  const found = {} as Record<FeatureName, Loss>;
  for (const [column, feature] of FEATURE_NAMES.entries()) {
    const sources = Array.from({ length: repeats }, () => shuffled(rows));
    found[feature] = { accuracy: 0, log_loss: 0, normalised_mae: 0 };
    if (!input.splitOn.has(feature)) continue;
    await input.onProgress(feature);
    for (const from of sources) {
      const after = lossesOf(input, rows, { column, from });
      found[feature].accuracy += (before.accuracy - after.accuracy) / repeats;
      found[feature].log_loss += (after.log_loss - before.log_loss) / repeats;
      found[feature].normalised_mae += (after.normalised_mae - before.normalised_mae) / repeats;
    }
  }
  return found;
}

/**
 * Figures of the model on rows.
 * @param shuffled a column, and the row whose value each of the rows gets in it
 */
function lossesOf(
  { model, examples, groups, variables }: PermutationInput,
  rows: Int32Array,
  shuffled?: { column: number; from: Int32Array },
): Loss {
  const sums = groups.map((group) => ({ group, sums: new Float64Array(sumsOf(CLASSES[group].length)) }));
  const errors = variables.map((name) => ({ name, error: 0, weight: 0 }));
  const features = new Float64Array(COLUMNS);
  for (const [i, row] of rows.entries()) {
    features.set(featuresOf(examples, row));
    if (shuffled !== undefined) {
      features[shuffled.column] = examples.features[(shuffled.from[i] as number) * COLUMNS + shuffled.column] as number;
    }
    const answer = model.predictFully(features);
    const weight = examples.weights[row] as number;
    for (const { group, sums: of } of sums) {
      const label = examples.labels[group][row] as number;
      if (Number.isNaN(label)) continue;
      addRow(of, 0, CLASSES[group].length, { probabilities: answer.probabilities[group], label, weight });
    }
    for (const of of errors) {
      const label = examples.labels[of.name][row] as number;
      if (Number.isNaN(label)) continue;
      of.error += weight * absoluteError(answer.variables[of.name], label, periodOf(of.name));
      of.weight += weight;
    }
  }
  const figures = sums.map(({ group, sums: of }) => figuresFrom(of, 0, CLASSES[group].length));
  return {
    accuracy: meanOf(figures.map(({ accuracy }) => accuracy)),
    log_loss: meanOf(figures.map(({ logLoss }) => logLoss)),
    normalised_mae: meanOf(
      errors.map(({ name, error, weight }) => error / weight / (VARIABLES[name].max - VARIABLES[name].min)),
    ),
  };
}

/** Mean of those that are numbers; 0 where none is. */
function meanOf(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length === 0 ? 0 : known.reduce((sum, value) => sum + value, 0) / known.length;
}
