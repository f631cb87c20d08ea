import type { Lifecycle } from "../config.ts";
import { insufficient, type Measured } from "../stats/measured.ts";
import { wilsonBounds } from "../stats/wilson.ts";
import type { DayCounts } from "./count-day.ts";
import type { MatchedReference } from "./matched-reference.ts";

type Policy = Lifecycle["triggers"]["new_user_patterns"];

/** A segment of the visitors, and what it holds of a day and of the reference of the same hours. */
interface Segment {
  /** In words: "language ja". */
  name: string;
  visitors: number;
  share: number;
  /** One-sided bound: the true share is hardly below. */
  lower: number;
  referenceShare: number;
  /** Hardly there in the reference, and a real share now. */
  isNew: boolean;
}

/** The segments of a day; `visitors` also where they were too few. */
export type SegmentsDay = { visitors: number } & Measured<{ segments: Segment[] }>;

/** Bins that name a segment, by feature. */
const DEVICES = [
  { feature: "is_mobile", name: "mobile" },
  { feature: "is_tablet", name: "tablet" },
  { feature: "is_desktop", name: "desktop" },
] as const;
/** The bin of 1 of a feature that is 0 or 1. */
const YES = 1;
const LEVELS = 3;
const NETWORKS = ["slow network", "medium network", "fast network", "other network", "network not told"];
const BEHAVIOURS = ["low activity", "medium activity", "high activity"];

/** A segment before it is judged: visitors of it and of how many, expected share. */
interface Candidate {
  name: string;
  visitors: number;
  of: number;
  referenceShare: number;
}

/**
 * Segments of a day by device, network, behaviour and language, against the reference of the same hours. Behaviour is that of
 * visitors with a history, among those: how many have one grows with the age of the site.
 */
export function segmentsDay(counts: DayCounts, matched: MatchedReference, policy: Policy): SegmentsDay {
  const { visitors, mix } = counts;
  if (visitors < policy.visitors) {
    return { visitors, ...insufficient(`${visitors} visitors, ${policy.visitors} are needed`) };
  }
  const size = matched.size(mix);
  if (size.status !== "measured") return { visitors, ...size };
  const candidates = [
    ...devices(counts, matched),
    ...networks(counts, matched),
    ...behaviours(counts, matched, policy),
    ...languages(counts, matched),
  ];
  const segments = candidates.flatMap((candidate) => judge(candidate, policy));
  return { visitors, status: "measured", segments };
}

function judge({ name, visitors, of, referenceShare }: Candidate, policy: Policy): Segment[] {
  const bounds = wilsonBounds({ successes: visitors, trials: of, confidence: policy.confidence });
  if (bounds.status !== "measured") return [];
  const { estimate: share, lower } = bounds;
  const isNew = referenceShare < policy.reference_share && lower > policy.threshold;
  return [{ name, visitors, share, lower, referenceShare, isNew }];
}

function devices({ visitors, mix, histograms }: DayCounts, matched: MatchedReference): Candidate[] {
  return DEVICES.map(({ feature, name }) => {
    const shares = matched.cells(feature, (cell) => cell.histograms[feature]).expected(mix);
    return { name, visitors: histograms[feature][YES] ?? 0, of: visitors, referenceShare: shares[YES] ?? 0 };
  });
}

function networks({ visitors, mix, histograms }: DayCounts, matched: MatchedReference): Candidate[] {
  const feature = "estimated_network_speed";
  const shares = matched.cells(feature, (cell) => cell.histograms[feature]).expected(mix);
  return NETWORKS.map((name, bin) => ({
    name,
    visitors: histograms[feature][bin] ?? 0,
    of: visitors,
    referenceShare: shares[bin] ?? 0,
  }));
}

function behaviours({ mix, bands }: DayCounts, matched: MatchedReference, policy: Policy): Candidate[] {
  const feature = "user_density_group";
  const shares = matched.cells(feature, (cell) => cell.histograms[feature]).expected(mix);
  const now = BEHAVIOURS.map((_, bin) =>
    Object.values(bands).reduce((sum, { histograms }) => sum + (histograms[feature][bin] ?? 0), 0),
  );
  const of = now.reduce((sum, count) => sum + count, 0);
  const known = shares.subarray(0, LEVELS).reduce((sum, share) => sum + share, 0);
  if (of < policy.visitors || known === 0) return [];
  return BEHAVIOURS.map((name, bin) => ({
    name,
    visitors: now[bin] ?? 0,
    of,
    referenceShare: (shares[bin] ?? 0) / known,
  }));
}

function languages({ visitors, mix, languages: now }: DayCounts, matched: MatchedReference): Candidate[] {
  const known = matched.languages();
  if (known === null) return [];
  const shares = known.cells.expected(mix);
  return [...now].map(([language, count]) => ({
    name: language === "" ? "language not told" : `language ${language}`,
    visitors: count,
    of: visitors,
    referenceShare: shares[known.names.indexOf(language)] ?? 0,
  }));
}
