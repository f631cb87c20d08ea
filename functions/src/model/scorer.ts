import type { Booster } from "./format.ts";
import { softmax } from "./softmax.ts";

/**
 * Scores rows with a booster, exactly as what wrote it does.
 *
 * The promise of a version, whatever layout scores it: every value is rounded to float32 before it is compared;
 * `value < threshold` goes left; a missing value (NaN) goes the node's default way; leaves are added in float32 in the
 * order of the trees, each output by itself. Sums end with the base score for what the module trains and for binaries
 * (XGBoost 0.7 to 0.90), and begin with it for XGBoost JSON (1.0 and later): margins are bit for bit theirs.
 */
export class Scorer {
  private readonly booster: Booster;
  private readonly rounded: Float32Array;

  constructor(booster: Booster) {
    this.booster = booster;
    this.rounded = new Float32Array(booster.features);
  }

  /**
   * Margins of one row, one per output.
   * @param row one value per feature of the booster, in its order; NaN is missing
   */
  margins(row: ArrayLike<number>): Float32Array {
    const { outputs, features, roots, treeOutput, left, right, feature, defaultLeft, value, baseScores, baseFirst } =
      this.booster;
    if (row.length !== features)
      throw new RangeError(`the row has ${row.length} values, the model ${features} features`);
    const { rounded } = this;
    rounded.set(row);
    // A Float32Array rounds every sum that is stored in it to float32.
    const sums = baseFirst ? Float32Array.from(baseScores) : new Float32Array(outputs);
    for (let tree = 0; tree < roots.length; tree++) {
      let node = roots[tree] as number;
      for (let child = left[node] as number; child >= 0; child = left[node] as number) {
        const seen = rounded[feature[node] as number] as number;
        const goesLeft = Number.isNaN(seen) ? defaultLeft[node] === 1 : seen < (value[node] as number);
        node = goesLeft ? child : (right[node] as number);
      }
      const output = treeOutput[tree] as number;
      sums[output] = (sums[output] as number) + (value[node] as number);
    }
    if (baseFirst) return sums;
    return sums.map((sum, output) => sum + (baseScores[output] as number));
  }

  /** Probabilities of one row, one per class, for softprob. Bit for bit the module's. */
  probabilities(row: ArrayLike<number>): Float32Array {
    return softmax(this.margins(row));
  }
}
