import { insufficient, type Measured } from "./measured.ts";
import type { StratumSums } from "./stratified-difference.ts";

/** A difference of two arms over strata whose buckets are the same visitors in each, treatment minus control. */
export interface CrossedDifference {
  difference: number;
  standardError: number;
  /** Welch-Satterthwaite over both arms, each with its buckets less one. */
  degreesOfFreedom: number;
  /** Over all strata, each weighed as its difference is. */
  control: number;
  treatment: number;
  /** Squared standard errors of `control` and `treatment`, which add up to that of the difference. */
  squares: { control: number; treatment: number };
  /** Sums of w over the strata that counted. */
  weights: { control: number; treatment: number };
}

/**
 * The difference of two ratios over strata, each weighed by nT nC / (nT + nC) (Mantel and Haenszel's weights), where a bucket holds the
 * same visitors in every stratum, as days of a month have: who comes on two days is one visitor, not two. The linearised residuals of
 * a bucket are added up over the strata before they are squared (Woodruff 1971, "A simple method for approximating the variance of a
 * complicated estimate", with buckets as clusters; n / (n - 1) for n buckets). With one stratum it is `stratifiedDifference`.
 * A stratum in which an arm has no weight is left out.
 */
export function crossedDifference(strata: readonly StratumSums[]): Measured<CrossedDifference> {
  const arms = { control: new Arm(), treatment: new Arm() };
  let worth = 0;
  for (const { control, treatment } of strata) {
    const [c, t] = [total(control.w), total(treatment.w)];
    if (!(c > 0 && t > 0)) continue;
    const h = (t * c) / (t + c);
    worth += h;
    arms.control.add(control, c, h);
    arms.treatment.add(treatment, t, h);
  }
  if (worth === 0) return insufficient("there is no stratum with both arms");
  const [control, treatment] = [arms.control.over(worth), arms.treatment.over(worth)];
  if (control.clusters < 2 || treatment.clusters < 2)
    return insufficient("an arm has fewer than two buckets of visitors");
  const variance = control.square + treatment.square;
  if (!(variance > 0)) return insufficient("neither arm varies");
  const pieces = control.square ** 2 / (control.clusters - 1) + treatment.square ** 2 / (treatment.clusters - 1);
  return {
    status: "measured",
    difference: treatment.estimate - control.estimate,
    standardError: Math.sqrt(variance),
    degreesOfFreedom: variance ** 2 / pieces,
    control: control.estimate,
    treatment: treatment.estimate,
    squares: { control: control.square, treatment: treatment.square },
    weights: { control: control.weight, treatment: treatment.weight },
  };
}

/** What an arm adds up to, and the residuals of its buckets so far, each stratum's times its weight. */
class Arm {
  private readonly residuals = new Map<number, number>();
  private sum = 0;
  weight = 0;

  add({ y, w }: { y: ArrayLike<number>; w: ArrayLike<number> }, ofW: number, h: number): void {
    const ratio = total(y) / ofW;
    this.sum += h * ratio;
    this.weight += ofW;
    for (let bucket = 0; bucket < w.length; bucket++) {
      const weight = w[bucket] ?? 0;
      if (weight <= 0) continue;
      const residual = (h * ((y[bucket] ?? 0) - ratio * weight)) / ofW;
      this.residuals.set(bucket, (this.residuals.get(bucket) ?? 0) + residual);
    }
  }

  over(worth: number): { estimate: number; square: number; clusters: number; weight: number } {
    const clusters = this.residuals.size;
    let squares = 0;
    for (const residual of this.residuals.values()) squares += (residual / worth) ** 2;
    return { estimate: this.sum / worth, square: (clusters / (clusters - 1)) * squares, clusters, weight: this.weight };
  }
}

function total(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ?? 0;
  return sum;
}
