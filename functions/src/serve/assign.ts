import { BUCKETS, bucket } from "./hash.ts";
import type { Arm, Routing, ServedVersion } from "./schema.ts";

/** Where a visitor belongs, and which version is to answer there. */
export interface Assignment {
  arm: Arm;
  version: ServedVersion;
}

/** The control's share of visitors while a candidate has at most as much. */
export const CONTROL_SHARE = 0.5;
const CONTROL_FROM = BUCKETS * (1 - CONTROL_SHARE);

/** Arms that are compared with one another, and so counted by visitor and routing revision. */
export function isAnalysed(arm: Arm): boolean {
  return arm !== "stable" && arm !== "holdback";
}

/**
 * The arm of a unit. Holdback comes first, then the candidate of a deployment, then an experiment, which so draws from those
 * alone who are in no arm of the deployment, then stable. Up to a share of one half, treatment is [0, share) and control
 * [0.5, 1) at every stage, so that raising the share moves nobody between the two and the control is never the bottleneck; the
 * rest is stable and not analysed. Above one half there is no control. Each arm of an experiment has its interval of the
 * experiment's own hash.
 * @param unit the visitor's pseudonym, so that an assignment can be checked against what is stored
 */
export function assign(routing: Routing, unit: string): Assignment {
  const { stable, canary, experiment, salts } = routing;
  if (bucket(salts.holdback, unit) < buckets(routing.holdback_share)) return { arm: "holdback", version: "rules" };
  if (canary !== null) {
    const place = bucket(canary.salt, unit);
    const treated = buckets(canary.share);
    if (place < treated) return { arm: "treatment", version: canary.version };
    if (treated <= CONTROL_FROM && place >= CONTROL_FROM) return { arm: "control", version: stable };
  }
  if (experiment !== null) {
    const place = bucket(experiment.salt, unit);
    const own = experiment.arms.find(({ from, to }) => buckets(from) <= place && place < buckets(to));
    if (own !== undefined) return { arm: `exp.${experiment.id}.${own.name}`, version: own.version };
  }
  return { arm: "stable", version: stable };
}

/** A share as a number of buckets; rounded, since 0.07 * 10 000 is not 700 in binary. */
function buckets(share: number): number {
  return Math.round(share * BUCKETS);
}
