import { type DrawnVisit, decodeVisit, VISITORS } from "../collect/drawn-visit.ts";
import { decodeDraws, mergeDraws } from "../collect/draws.ts";
import type { Traffic } from "../collect/schema.ts";
import { rulesTheme } from "../design/rules.ts";
import { CLASS_GROUPS, CLASSES, type ClassGroup, FEATURE_NAMES } from "../design/schema.ts";
import { wantedClasses } from "../evaluate/wanted-classes.ts";
import type { VersionModel } from "../model/bundle.ts";
import { addCluster, noRatioSums } from "../stats/clustered-ratio.ts";
import type { PairedAccuracy } from "./evidence.ts";

/** Visitors that are scored at most: more would tell no more, and take seconds. */
const SCORED = { ...VISITORS, limit: 20_000 };
const HOUR_OF_DAY = FEATURE_NAMES.indexOf("hour_of_day");

/** Of several samples of the site's visitors the one of all that is scored at most. */
export function scoredSample(samples: readonly Uint8Array[]): Uint8Array {
  return mergeDraws(samples, SCORED);
}

/** What is compared; null stands for the rules. */
export interface Compared {
  candidate: VersionModel | null;
  stable: VersionModel | null;
  policy: "engagement" | "observed";
  /** Arms whose visits are scored. */
  among: readonly DrawnVisit["arm"][];
}

/**
 * Candidate and stable on the same visits, a visitor once: what each would have answered to a visit of the arms that are scored,
 * held against what that visit says would have been right. Groups whose target never varied are left out.
 * @param hours the site's traffic by the hour; each is a sample of its visitors
 */
export function pairedAccuracy(
  hours: readonly Pick<Extract<Traffic, { granularity: "1h" }>, "visitors">[],
  { candidate, stable, policy, among }: Compared,
): { groups: PairedAccuracy[]; visitors: number } {
  const sample = scoredSample(hours.map(({ visitors }) => visitors));
  const visits = decodeDraws(sample, SCORED)
    .map(({ payload }) => decodeVisit(payload))
    .filter(({ arm }) => among.includes(arm));
  const scored = visits.map((visit) => {
    const features = Float64Array.from(visit.features);
    return {
      wanted: wantedClasses(visit, policy),
      candidate: candidate === null ? rulesClasses(visit) : candidate.predict(features).classes,
      stable: stable === null ? rulesClasses(visit) : stable.predict(features).classes,
    };
  });
  const groups = CLASS_GROUPS.flatMap((group): PairedAccuracy[] => {
    const known = scored.filter(({ wanted }) => wanted[group] !== null);
    if (new Set(known.map(({ wanted }) => wanted[group])).size < 2) return [];
    const sums = noRatioSums();
    let [right, stableRight] = [0, 0];
    for (const { wanted, candidate: answered, stable: before } of known) {
      const isRight = Number(answered[group] === wanted[group]);
      const wasRight = Number(before[group] === wanted[group]);
      right += isRight;
      stableRight += wasRight;
      addCluster(sums, { y: isRight - wasRight, w: 1 });
    }
    return [{ group, sums, candidate: right / known.length, stable: stableRight / known.length }];
  });
  return { groups, visitors: visits.length };
}

/**
 * What the rules answer to a visit of which only the features are known: their theme is that of a visitor whose system says
 * nothing, as models answer it, too, before overrides.
 */
function rulesClasses({ features }: DrawnVisit): Record<ClassGroup, number> {
  return {
    density: CLASSES.density.indexOf("densidad-media"),
    font: CLASSES.font.indexOf("fuente-sans"),
    theme: rulesTheme(features[HOUR_OF_DAY] ?? 0),
  };
}
