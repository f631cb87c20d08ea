import { sampleRankCorrelation } from "simple-statistics";
import { CLASS_GROUPS, FEATURE_NAMES, type FeatureName, VARIABLE_NAMES } from "../design/schema.ts";
import { type FeatureShares, splitShares } from "../model/importance.ts";
import type { Importance } from "../registry/schema.ts";
import type { LoadedVersion } from "../registry/store.ts";
import { permutationImportance } from "./permutation.ts";
import type { Workspace } from "./workspace.ts";

/** Share of the gain below which a feature is not used, and from which on it is. */
const UNUSED = 0.001;
const USED = 0.01;

type Change = NonNullable<Importance["change"]>;

/**
 * What a version looks at, by its splits and by what the hold-out loses without a feature.
 * @param inService to compare with; null where that is the rules
 * @param onProgress a sign of life before each feature that is shuffled
 */
export async function importanceOf(
  { bundle, files, model }: Pick<LoadedVersion, "bundle" | "files" | "model">,
  { examples, split, plan, training }: Workspace,
  inService: { version: string; bundle: LoadedVersion["bundle"]; files: LoadedVersion["files"] } | null,
  onProgress: (feature: FeatureName) => Promise<void>,
): Promise<Importance> {
  const { weight, gain, cover } = splitShares(bundle, files);
  const permutation = await permutationImportance({
    model,
    examples,
    rows: split.holdout,
    groups: CLASS_GROUPS.filter((group) => plan.trees.includes(group)),
    variables: VARIABLE_NAMES.filter((name) => plan.trees.includes(name)),
    splitOn: new Set(FEATURE_NAMES.filter((name) => (weight[name] ?? 0) > 0)),
    seed: training.seed,
    onProgress,
  });
  const change =
    inService === null
      ? null
      : importanceChange(gain, {
          from: inService.version,
          gain: splitShares(inService.bundle, inService.files).gain,
        });
  return { gain, cover, permutation, change };
}

/**
 * How the shares of gain differ from another version's: Spearman's rank correlation over all features, equal shares having the
 * mean of their ranks, and the features that have come into use or gone out of it.
 */
export function importanceChange(
  gain: FeatureShares,
  { from, gain: before }: { from: string; gain: FeatureShares },
): Change {
  const share = (of: FeatureShares) => (name: FeatureName) => of[name] ?? 0;
  const [now, then] = [share(gain), share(before)];
  const correlation = sampleRankCorrelation(FEATURE_NAMES.map(now), FEATURE_NAMES.map(then));
  const movedInto = (a: typeof now, b: typeof now) =>
    FEATURE_NAMES.filter((name) => a(name) < UNUSED && b(name) >= USED);
  return {
    from,
    rank_correlation: Number.isNaN(correlation) ? null : correlation,
    appeared: movedInto(then, now),
    vanished: movedInto(now, then),
  };
}
