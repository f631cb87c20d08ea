import type { DrawnVisit } from "../collect/drawn-visit.ts";
import { CLASS_GROUPS, type ClassGroup, FEATURE_NAMES } from "../design/schema.ts";
import { engagementClasses } from "../design/targets.ts";

/** A class index for each group; null where the visit does not tell. */
type Wanted = Record<ClassGroup, number | null>;

const HOUR_OF_DAY = FEATURE_NAMES.indexOf("hour_of_day");
const IS_MOBILE = FEATURE_NAMES.indexOf("is_mobile");

/** The classes that a drawn visit says would have been right, under a target policy. */
export function wantedClasses(visit: DrawnVisit, policy: "engagement" | "observed"): Wanted {
  return policy === "engagement" ? engagementWanted(visit) : observedWanted(visit);
}

/** What the policy `engagement` infers from a visit. */
function engagementWanted({ engaged, features }: DrawnVisit): Wanted {
  return engagementClasses({
    engaged,
    small: features[IS_MOBILE] === 1,
    hour: features[HOUR_OF_DAY] ?? 0,
  });
}

/** What the policy `observed` infers: what was preferred, else what was served and right; nothing where it was not shown fresh. */
function observedWanted({ fresh, right, served, preferred }: DrawnVisit): Wanted {
  return Object.fromEntries(
    CLASS_GROUPS.map((group, i) => [group, fresh ? (preferred[i] ?? (right ? (served[i] ?? null) : null)) : null]),
  ) as Wanted;
}
