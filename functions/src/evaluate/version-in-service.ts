import type { Lifecycle } from "../config.ts";
import { referenceIn } from "../registry/reference-file.ts";
import type { LoadedVersion, VersionStore } from "../registry/store.ts";
import type { ServedVersion } from "../serve/schema.ts";
import { CorruptError, reasonOf } from "../shared/errors.ts";
import { type Comparison, comparison } from "./judge-day.ts";

/** Versions back to the last full training: a weekly one for every week of a year, and some. */
const MAX_GENERATIONS = 60;

/** The version in service, and what visitors are compared with. */
export interface InService {
  loaded: LoadedVersion | null;
  /** What features are compared with: the last full training's reference, since one that is renewed weekly hides slow drift. */
  features: Comparison;
  /** What answers are compared with: the version's own. */
  answers: Comparison;
}

/** Loads a version and its references; one that cannot be read, and the rules, have nothing to compare with. */
export async function versionInService(
  versions: VersionStore,
  stable: ServedVersion,
  policy: Lifecycle["triggers"],
): Promise<InService> {
  const without = (reason: string): InService => {
    const compared = comparison(null, reason, policy);
    return { loaded: null, features: compared, answers: compared };
  };
  if (stable === "rules") return without("the rules are in service, which were not trained on anything");
  try {
    const loaded = await versions.load(stable);
    const own = comparison(referenceIn(stable, loaded.files), "", policy);
    const full = await lastFull(versions, loaded);
    if (full === loaded) return { loaded, features: own, answers: own };
    return { loaded, features: comparison(referenceIn(full.meta.version, full.files), "", policy), answers: own };
  } catch (error) {
    if (error instanceof CorruptError) return without(`the reference of ${stable} cannot be read: ${reasonOf(error)}`);
    throw error;
  }
}

/** What a version's answers are compared with: its own reference, or why that cannot be. */
export function ownReference({ meta, files }: LoadedVersion, policy: Lifecycle["triggers"]): Comparison {
  try {
    return comparison(referenceIn(meta.version, files), "", policy);
  } catch (error) {
    if (!(error instanceof CorruptError)) throw error;
    return comparison(null, `the reference of ${meta.version} cannot be read: ${error.message}`, policy);
  }
}

/** The version of the last full training behind a version: itself, or an ancestor. */
async function lastFull(versions: VersionStore, version: LoadedVersion): Promise<LoadedVersion> {
  let found = version;
  for (let back = 0; back < MAX_GENERATIONS; back++) {
    const { kind, parent } = found.meta.lineage;
    if (kind === "full" || parent === null) return found;
    found = await versions.load(parent);
  }
  return found;
}
