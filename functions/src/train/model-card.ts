import { CLASS_GROUPS, VARIABLES } from "../design/schema.ts";
import type { Estimate, ModelVersion } from "../registry/schema.ts";
import { table } from "./markdown.ts";

/** What a card tells of: the document of the version, but for what depends on its name. */
export type CardFacts = Pick<
  ModelVersion,
  "trained_at" | "features" | "varying_groups" | "lineage" | "metrics" | "gate" | "bias" | "importance"
>;

const MOST_IMPORTANT = 10;

/**
 * `model-card.md` (after Mitchell et al. 2019, "Model Cards for Model Reporting"): what the version is for, what it was made from
 * and how to make it again, how good it is and for whom, in words a newcomer can read. It holds no time of a clock: the same
 * training writes the same card.
 */
export function modelCard(facts: CardFacts): string {
  const sections = [
    `# ${facts.lineage.kind === "full" ? "Full" : "Incremental"} training of ${facts.trained_at}`,
    intendedUse(facts),
    trainingData(facts),
    parameters(facts),
    verdict(facts),
    classes(facts),
    variables(facts),
    segments(facts),
    importance(facts),
    reproduction(facts),
    limits(),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function intendedUse({ varying_groups: varying, features }: CardFacts): string {
  const trained = varying.length === 0 ? "none" : varying.join(", ");
  return [
    "## What it is for",
    "",
    `Chooses the design (classes of ${CLASS_GROUPS.join(", ")} and eight CSS variables) of a visit from ${features.length} features of its context. ` +
      "Gradient boosted trees, one model a target; a target that did not vary in the training data is a constant. " +
      `Class groups with trees: ${trained}. The visitor's own preferences, colour scheme and reduced motion go before its answers. ` +
      "It is not made to tell anything about a person.",
  ].join("\n");
}

function trainingData({ lineage }: CardFacts): string {
  const { data, target_policy: policy, parent } = lineage;
  return [
    "## What it was made from",
    "",
    table(
      ["", ""],
      [
        ["Visits", `${data.from} to ${data.to} (event time, the end excluded)`],
        [
          "Rows",
          `${data.rows} of ${data.sessions} sessions${data.subjects === undefined ? "" : ` of ${data.subjects} people`}`,
        ],
        ["Learnt from", `${data.train_sessions} sessions`],
        ["Judged on", `${data.holdout_sessions} sessions, the latest`],
        ["Fingerprint", `\`${data.fingerprint}\` (SHA-256 over the sorted ids of the logs, one a line)`],
        ["Right answers by", `policy \`${policy}\``],
        ["In service then", parent ?? "the rules"],
      ],
    ),
    "",
    "A session's visits weigh 1 together, and no person more than max(0.1 %, 3 / people). Visits without consent are not in it.",
  ].join("\n");
}

function parameters({ lineage }: CardFacts): string {
  const rows = Object.entries(lineage.parameters).map(([name, value]) => [`\`${name}\``, String(value)]);
  return ["## Parameters", "", table(["", ""], [...rows, ["`seed`", String(lineage.seed)]])].join("\n");
}

function verdict({ gate }: CardFacts): string {
  const findings = gate.findings?.map(({ ok, message }) => [ok ? "kept" : "**broken**", message]) ?? [];
  return [
    "## The gate's verdict",
    "",
    `**${gate.verdict.replaceAll("_", " ")}**, against ${gate.against}: ${gate.reason}.`,
    ...(findings.length === 0 ? [] : ["", table(["rule", "finding"], findings)]),
  ].join("\n");
}

function classes({ metrics }: CardFacts): string {
  const rows = CLASS_GROUPS.map((group) => {
    const { accuracy, log_loss: loss, rules_accuracy, majority_accuracy, varies, estimates } = metrics.classes[group];
    return [
      group,
      varies ? "trees" : "constant",
      interval(estimates?.accuracy, accuracy, percent),
      percent(rules_accuracy),
      percent(majority_accuracy),
      interval(estimates?.log_loss, loss, fixed(4)),
      interval(estimates?.ece, undefined, fixed(3)),
    ];
  });
  const head = ["group", "", "accuracy", "rules", "majority", "log-loss (nats)", "calibration error"];
  return [
    "## How good it is: classes",
    "",
    "On the hold-out, with 95 % intervals by bootstrap over sessions.",
    "",
    table(head, rows),
  ].join("\n");
}

function variables({ metrics }: CardFacts): string {
  const rows = Object.entries(metrics.variables).map(([name, of]) => [
    name,
    of.varies ? "trees" : "constant",
    `${interval(of.estimates?.mae, of.mae, fixed(3))} ${VARIABLES[name as keyof typeof VARIABLES]?.unit ?? ""}`.trim(),
    fixed(3)(of.rules_mae),
    of.median_mae === undefined ? "" : fixed(3)(of.median_mae),
  ]);
  const head = ["variable", "", "mean absolute error", "rules", "best constant"];
  return ["## How good it is: variables", "", table(head, rows)].join("\n");
}

function segments({ bias }: CardFacts): string {
  if (bias === undefined) return "";
  const groups = CLASS_GROUPS.filter((group) => bias.segments.some(({ accuracy }) => accuracy[group] !== undefined));
  const rows = bias.segments.map((of) => [
    of.segment,
    String(of.sessions),
    ...groups.map((group) => percent(of.accuracy[group] ?? 0)),
    percent(of.engaged_rate),
    of.satisfaction === null ? "" : `${of.satisfaction.mean.toFixed(2)} (${of.satisfaction.n})`,
  ]);
  const { worst_gap: worst } = bias;
  const told =
    worst === null
      ? "No segment has 100 sessions or more to be compared."
      : `Furthest behind everybody else: ${worst.segment}, ${worst.group}, by ` +
        `${interval({ value: -worst.gap.value, low: -worst.gap.high, high: -worst.gap.low }, 0, percent)} of ${worst.sessions} sessions ` +
        "(chosen as the worst of all: some of it is chance).";
  const head = ["segment", "sessions", ...groups.map((group) => `accuracy, ${group}`), "engaged", "satisfaction"];
  return ["## For whom", "", told, "", table(head, rows)].join("\n");
}

function importance({ importance: of }: CardFacts): string {
  if (of === undefined) return "";
  const names = Object.entries(of.gain)
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST_IMPORTANT)
    .map(([name]) => name);
  const rows = names.map((name) => [
    name,
    percent(of.gain[name as keyof typeof of.gain] ?? 0),
    percent(of.cover[name as keyof typeof of.cover] ?? 0),
    fixed(4)(of.permutation[name as keyof typeof of.permutation]?.log_loss ?? 0),
  ]);
  return ["## What it looks at", "", table(["feature", "gain", "cover", "log-loss without it"], rows)].join("\n");
}

function reproduction({ lineage }: CardFacts): string {
  return [
    "## How to make it again",
    "",
    `\`npm run reproduce -- <version>\` collects the same visits, checks their fingerprint, trains with the parameters above and release ${lineage.code}, ` +
      "and compares the SHA-256 of every file.",
    lineage.data.reproducible_until === undefined
      ? "Visits are deleted after 88 days: from then on it cannot be."
      : `The first of its visits is deleted on ${lineage.data.reproducible_until}: from then on it cannot be reproduced, ` +
        "nor from the day on which a visitor of its data has been erased.",
  ].join("\n");
}

function limits(): string {
  return [
    "## Limits",
    "",
    "Right answers are inferred from behaviour, and behaviour depends on the design that was shown. A segment that the hold-out " +
      "has few sessions of is judged by few. What came after the hold-out is not in these figures: drift, canary and monitoring watch it.",
  ].join("\n");
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function fixed(digits: number): (value: number) => string {
  return (value) => value.toFixed(digits);
}

function interval(of: Estimate | undefined, value: number | undefined, say: (value: number) => string): string {
  if (of === undefined) return value === undefined ? "" : say(value);
  return `${say(of.value)} [${say(of.low)}, ${say(of.high)}]`;
}
