import { CLASS_GROUPS } from "../design/schema.ts";
import type { Estimate } from "../registry/schema.ts";
import { table } from "./markdown.ts";
import type { Review } from "./schema.ts";

type Found = Omit<Review, "proposals" | "report">;

/** Points of accuracy by which a segment is behind everybody else that are worth a word. */
const NOTABLE_GAP = 0.05;
/** Features that the importance table shows. */
const SHOWN = 8;

/** What a person might do about it. Each is a proposal: nothing is done by itself. */
export function proposalsOf(found: Found, policy: "engagement" | "observed"): string[] {
  const { features, segments, policies } = found;
  const proposals: string[] = [];
  const idle = features.filter(({ verdict }) => verdict === "could_go").map(({ feature }) => feature);
  if (idle.length > 0) {
    proposals.push(
      `${idle.join(", ")}: each of them could go without a loss on the hold-out. Features that say the same stand in for each other: leave them out one at a time.`,
    );
  }
  const worst = segments.worst_gap;
  if (worst !== null && worst.gap.high < -NOTABLE_GAP) {
    proposals.push(
      `${worst.segment} is served worse for ${worst.group}, by ${points(-worst.gap.value)} points: see whether something that matters to these visitors is no feature.`,
    );
  }
  const other = policies.find((of) => of.policy !== policy);
  if (other !== undefined && policy === "engagement" && other.sessions >= 1000) {
    proposals.push(
      `policy observed has ${other.sessions} sessions to learn from: compare it in an A/B test before you switch to it.`,
    );
  }
  if (proposals.length === 0) proposals.push("nothing stands out: go on as it is.");
  return proposals;
}

/** The review as Markdown. */
export function reviewInWords(review: Omit<Review, "report">): string {
  const { data, importance, features, segments, policies, proposals } = review;
  const shown = importance[0] === undefined ? [] : topFeatures(importance[0].gain);
  return [
    `# Review as of ${review.as_of}`,
    "",
    `In service: ${review.in_service}. ${data.sessions} sessions from ${data.from} to ${data.to}, ${data.holdout_sessions} of them to judge by.`,
    "",
    "## Proposals",
    "",
    ...proposals.map((text) => `- ${text}`),
    "",
    "## What leaving a feature out costs",
    "",
    "Rise of the log-loss on the hold-out (nats, summed over the groups), with its 95 % interval.",
    "",
    table(
      ["feature", "cost", ""],
      features.map(({ feature, cost, verdict }) => [feature, interval(cost), verdict.replaceAll("_", " ")]),
    ),
    "",
    "## What the last versions look at",
    "",
    shown.length === 0
      ? "No version has been measured."
      : table(
          ["version", ...shown],
          importance.map(({ version, gain }) => [
            version,
            ...shown.map((name) => `${(100 * (gain[name as keyof typeof gain] ?? 0)).toFixed(0)} %`),
          ]),
        ),
    "",
    "## For whom",
    "",
    segments.worst_gap === null
      ? "No segment has 100 sessions or more to be compared."
      : `Furthest behind: ${segments.worst_gap.segment}, ${segments.worst_gap.group}, ${points(segments.worst_gap.gap.value)} points.`,
    "",
    table(
      ["segment", "sessions", ...CLASS_GROUPS, "engaged"],
      segments.segments.map((of) => [
        of.segment,
        String(of.sessions),
        ...CLASS_GROUPS.map((group) => (of.accuracy[group] === undefined ? "" : points(of.accuracy[group] ?? 0))),
        points(of.engaged_rate),
      ]),
    ),
    "",
    "## By either target policy",
    "",
    "What is in service has learnt from most of these visits, by one of the two policies: it is favoured by that one.",
    "",
    table(
      [
        "policy",
        "sessions",
        ...CLASS_GROUPS.map((group) => `right, ${group}`),
        ...CLASS_GROUPS.map((group) => `agree, ${group}`),
      ],
      policies.map((of) => [
        of.policy,
        String(of.sessions),
        ...CLASS_GROUPS.map((group) => (of.accuracy[group] === undefined ? "" : points(of.accuracy[group] ?? 0))),
        ...CLASS_GROUPS.map((group) => (of.agreement[group] === undefined ? "" : points(of.agreement[group] ?? 0))),
      ]),
    ),
    "",
  ].join("\n");
}

function topFeatures(gain: Review["importance"][number]["gain"]): string[] {
  return Object.entries(gain)
    .sort(([, a], [, b]) => b - a)
    .slice(0, SHOWN)
    .map(([name]) => name);
}

function points(share: number): string {
  return (100 * share).toFixed(1);
}

function interval({ value, low, high }: Estimate): string {
  return `${value.toFixed(4)} [${low.toFixed(4)}, ${high.toFixed(4)}]`;
}
