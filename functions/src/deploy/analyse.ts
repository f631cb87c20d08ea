import { addArms, type Stratum } from "../collect/arm-sums.ts";
import type { Lifecycle } from "../config.ts";
import { iso } from "../shared/time.ts";
import { accuracyFigures, driftFigures } from "./answers.ts";
import type { Facts } from "./decision.ts";
import { meanFigure, meanMetrics, type Scope } from "./differences.ts";
import { eventFigure, sampleRatioFigure } from "./events.ts";
import type { Evidence } from "./evidence.ts";
import type { Analysis, Deployment, Metric, MetricFigure } from "./schema.ts";

type Policy = Lifecycle["deployment"];

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Of a guardrail's alpha four fifths are for all strata together, and a twenty-fifth for each stage alone: harm that begins late is diluted. */
export const OF_ALL = 0.8;
const OF_STAGE = 0.04;

/** Harm that halves the traffic first, where there is enough of it; all other harm rolls back at once. */
const MEDIUM: readonly Metric[] = ["latency", "prediction_drift"];
/** What a stage passes by. Everything else can only fail it. */
const PRIMARY: readonly Metric[] = ["engagement", "latency", "errors"];
/** Order in which harm is named: rare events first, as they are the gravest. */
const GRAVEST: readonly Metric[] = [
  "errors",
  "missing_logs",
  "negative_feedback",
  "engagement",
  "accuracy",
  "click_through",
  "satisfaction",
  "rendering",
];

/**
 * What is seen of a deployment, as a verdict. The order is the policy: can what we see be believed; does it do harm, beyond doubt at
 * every look; has it seen enough; is it good enough, beyond doubt. Patience is not asked here, and never a reason to pass.
 */
export function analyse(evidence: Evidence, policy: Policy, nowMs: number): Analysis {
  const figures = figuresOf(evidence, policy);
  const stage = evidence.strata.slice(evidence.strata.length - evidence.strataOfStage);
  const visitors = {
    control: stage.reduce((sum, { control }) => sum + (control?.visitors ?? 0), 0),
    treatment: evidence.phase === "shadow" ? evidence.accuracyVisitors : visitorsOf(stage),
  };
  const verdict = (is: Analysis["verdict"], reason: string, severity: Analysis["severity"] = null): Analysis => {
    return { at: iso(nowMs), verdict: is, severity, reason, visitors, figures };
  };
  if (evidence.fault !== null) return verdict("error", evidence.fault);
  const harms = figures.filter(({ finding, dry_run }) => finding === "harm" && !dry_run);
  const mismatch = harms.find(({ metric }) => metric === "sample_ratio");
  // Logs that do not come are told by what was answered, and are why visitors are missing from the sample: not an error of ours.
  const unlogged = harms.find(({ metric }) => metric === "missing_logs");
  if (mismatch !== undefined) {
    return unlogged === undefined ? verdict("error", mismatch.reason) : verdict("fail", unlogged.reason, "high");
  }
  for (const metric of GRAVEST) {
    const grave = harms.find((figure) => figure.metric === metric);
    if (grave !== undefined) return verdict("fail", grave.reason, "high");
  }
  const medium = harms.find(({ metric }) => MEDIUM.includes(metric));
  if (medium !== undefined) return verdict("fail", medium.reason, "medium");
  const lack =
    evidence.phase === "shadow" ? lackInShadow(evidence, policy, nowMs) : lackAtStage(evidence, policy, nowMs);
  if (lack !== null) return verdict("inconclusive", lack);
  const asked = passedBy(evidence, figures);
  const unsure = asked.filter(({ finding, dry_run }) => finding !== "passed" && !dry_run);
  if (unsure.length > 0)
    return verdict("inconclusive", `not sure yet: ${unsure.map(({ reason }) => reason).join("; ")}`);
  const words = asked.map(({ reason }) => reason).join("; ");
  return verdict("pass", words === "" ? "no harm is seen" : words);
}

function figuresOf(evidence: Evidence, policy: Policy): MetricFigure[] {
  const { phase, strata, strataOfStage, nextShare } = evidence;
  const isOn = ({ metric }: Pick<MetricFigure, "metric">): boolean => policy.guardrails[metric].enabled;
  const answers = [...accuracyFigures(evidence.accuracy, policy), ...driftFigures(evidence.drift, policy)].filter(isOn);
  if (phase === "shadow") return answers;
  const own = strata.slice(strata.length - strataOfStage);
  if (phase === "baking") return [...bakeFigures(strata, own, policy).filter(isOn), ...answers];
  const all: Scope = { name: "all", strata, spends: OF_ALL };
  const stage: Scope = { name: "stage", strata: own, spends: OF_STAGE };
  const scopes = strataOfStage === strata.length ? [all] : [all, stage];
  const means = meanMetrics(policy, { isLastPass: nextShare === 1 }).filter(isOn);
  const events = (["errors", "negative_feedback"] as const).filter((metric) => isOn({ metric }));
  return [
    ...[sampleRatioFigure({ ...stage, spends: 1 }, policy)].filter(isOn),
    ...scopes.flatMap((scope) => events.map((metric) => eventFigure(metric, scope, policy))),
    ...scopes.flatMap((scope) => means.map((metric) => meanFigure(metric, scope, policy))),
    ...answers,
  ];
}

/**
 * At all of the traffic there is no control: the candidate is compared with itself at the largest share before. These are other hours,
 * so engagement may fall by as much as a stage may pass with, and nothing that hangs on the hour more than that is asked.
 */
function bakeFigures(strata: readonly Stratum[], own: readonly Stratum[], policy: Policy): MetricFigure[] {
  const before = strata.slice(0, strata.length - own.length).at(-1);
  const last = own.at(-1);
  if (before === undefined || last === undefined) return [];
  // An edit of the routing begins another stratum: all of the bake is one side, or the other would count once for each.
  const treatment = addArms(own.map((stratum) => stratum.treatment));
  // As if the earlier half were the control: its share tells how many visits are behind the events of each side. Visits, since
  // a visitor has more of them the longer a step is.
  const { visits } = before.treatment;
  const share = visits === 0 ? 0.5 : (0.5 * treatment.visits) / visits;
  const compared: Stratum = { ...last, share, control: before.treatment, treatment };
  const scope: Scope = { name: "bake", strata: share > 0 ? [compared] : [], spends: OF_STAGE };
  const asked = meanMetrics(policy, { isLastPass: false }).flatMap((of) => {
    if (of.metric === "engagement")
      return [{ ...of, margin: -policy.guardrails.engagement.pass_margin, passMargin: null }];
    return of.metric === "latency" || of.metric === "missing_logs" ? [{ ...of, passMargin: null }] : [];
  });
  return [eventFigure("errors", scope, policy), ...asked.map((of) => meanFigure(of, scope, policy))];
}

/** A look at a deployment by its evidence: what is seen, and of which step. */
export function lookBy(
  evidence: Evidence,
  { steps, stage_revision }: Pick<Deployment, "steps" | "stage_revision">,
  { policy, nowMs }: { policy: Policy; nowMs: number },
): NonNullable<Facts["look"]> {
  const ofRevision = steps.at(-1)?.revision ?? stage_revision;
  const ofStep = evidence.strata.filter(({ revision }) => revision >= ofRevision);
  return { ofRevision, analysis: analyse(evidence, policy, nowMs), stepVisitors: visitorsOf(ofStep) };
}

/** What a stage or a shadow must show; a bake passes where no harm is seen. */
function passedBy({ phase }: Evidence, figures: readonly MetricFigure[]): MetricFigure[] {
  if (phase === "baking") return [];
  if (phase === "shadow") return figures.filter(({ metric }) => metric === "accuracy");
  return figures.filter(({ metric, scope }) => scope === "all" && PRIMARY.includes(metric));
}

function lackInShadow({ startedMs, accuracyVisitors }: Evidence, policy: Policy, nowMs: number): string | null {
  const hours = (nowMs - startedMs) / HOUR_MS;
  const { shadow_min_hours: leastHours, shadow_min_visitors: least } = policy;
  if (hours >= leastHours && accuracyVisitors >= least) return null;
  return `${accuracyVisitors} of ${least} visitors, ${hours.toFixed(1)} of ${leastHours} hours`;
}

function lackAtStage({ strata, strataOfStage, stageSinceMs }: Evidence, policy: Policy, nowMs: number): string | null {
  const visitors = visitorsOf(strata.slice(strata.length - strataOfStage));
  const minutes = Math.floor((nowMs - stageSinceMs) / MINUTE_MS);
  const { stage_min_visitors: least, stage_min_minutes: leastMinutes } = policy;
  if (visitors >= least && minutes >= leastMinutes) return null;
  return `${visitors} of ${least} visitors, ${minutes} of ${leastMinutes} minutes`;
}

function visitorsOf(strata: readonly Stratum[]): number {
  return strata.reduce((sum, { treatment }) => sum + treatment.visitors, 0);
}
