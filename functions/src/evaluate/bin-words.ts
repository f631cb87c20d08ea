import { CLASSES, type ClassGroup, type FeatureName } from "../design/schema.ts";
import type { Binning } from "../registry/schema.ts";

/** Bins that are told at most. */
const TOLD = 3;

/** What a feature's values are called, where each has a bin; the index is that of the value. */
const VALUES: Partial<Record<FeatureName, readonly string[]>> = {
  is_mobile: ["visitors not on phones", "phone visitors"],
  is_tablet: ["visitors not on tablets", "tablet visitors"],
  is_desktop: ["visitors not on desktops", "desktop visitors"],
  touch_enabled: ["visitors without touch", "touch visitors"],
  user_density_group: ["low activity", "medium activity", "high activity"],
  estimated_network_speed: ["slow network", "medium network", "fast network"],
};

const NUMBER = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 4 });
const PER_CENT = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 2, style: "percent" });

/** Shares per bin before and now, and how much each bin matters. */
export interface Moved {
  reference: readonly number[];
  current: readonly number[];
  contributions: readonly number[];
}

/** The most moved bins in words, the most moved first: "touch visitors 22 % -> 41 %". */
export function movedBins(label: (bin: number) => string, { reference, current, contributions }: Moved): string[] {
  const moved = contributions.map((contribution, bin) => ({ contribution, bin })).filter((of) => of.contribution > 0);
  moved.sort((a, b) => b.contribution - a.contribution);
  return moved.slice(0, TOLD).map(({ bin }) => `${label(bin)} ${share(reference[bin])} -> ${share(current[bin])}`);
}

function share(value = 0): string {
  return PER_CENT.format(value).replace("%", " %");
}

/** Whether a feature is 0 or 1: then the share of 1 says it all. */
function isYesOrNo(binning: Binning): boolean {
  return binning.kind === "values" && binning.values.length === 2;
}

/** The most moved bins of a feature in words. */
export function movedFeature(feature: FeatureName, binning: Binning, moved: Moved): string[] {
  const contributions = moved.contributions.map((of, bin) => (bin === 0 && isYesOrNo(binning) ? 0 : of));
  return movedBins((bin) => binLabel(feature, binning, bin), { ...moved, contributions });
}

/** What the visitors in a bin of a feature are called. */
function binLabel(feature: FeatureName, binning: Binning, bin: number): string {
  const limits = binning.kind === "edges" ? binning.edges : binning.values;
  if (bin > limits.length) return `${feature} missing`;
  if (binning.kind === "values") {
    const value = limits[bin];
    return value === undefined
      ? `another ${feature}`
      : (VALUES[feature]?.[bin] ?? `${feature} ${NUMBER.format(value)}`);
  }
  const [from, to] = [limits[bin - 1], limits[bin]];
  if (from === undefined) return to === undefined ? `any ${feature}` : `${feature} under ${NUMBER.format(to)}`;
  if (to === undefined) return `${feature} from ${NUMBER.format(from)}`;
  return `${feature} ${NUMBER.format(from)} to ${NUMBER.format(to)}`;
}

/** What a class of a group is called. */
export function classLabel(group: ClassGroup, index: number): string {
  return CLASSES[group][index] ?? `class ${index}`;
}
