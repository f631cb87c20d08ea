import { commonSample } from "../collect/arm-sums.ts";
import type { Lifecycle } from "../config.ts";
import { CONTROL_SHARE } from "../serve/assign.ts";
import { type EventCounts, logEvidenceOfFew, logEvidenceOfMore } from "../stats/event-ratio.ts";
import { logEvidenceOfMismatch } from "../stats/sample-ratio.ts";
import type { Scope } from "./differences.ts";
import type { MetricFigure } from "./schema.ts";

type Policy = Lifecycle["deployment"];

/** Evidence, as a factor, by which a stage passes on errors. */
const PASS_EVIDENCE = Math.log(10);

/** The treatment's share of those in one of the two arms. */
export function treatmentShare(share: number): number {
  return share / (share + CONTROL_SHARE);
}

/**
 * Visitors with an event, in the treatment against the control: harm is evidence of more beyond 1/alpha. An arm without any proves
 * nothing.
 */
export function eventFigure(
  metric: "errors" | "negative_feedback",
  { name, strata, spends }: Scope,
  policy: Policy,
): MetricFigure {
  const guardrail = policy.guardrails[metric];
  const of = metric === "errors" ? ("erred" as const) : ("negative" as const);
  const counted = strata.flatMap(({ share, control, treatment }): EventCounts[] =>
    control === null ? [] : [{ control: control[of], treatment: treatment[of], share: treatmentShare(share) }],
  );
  const [units, events] = sum(strata.map(({ treatment }) => [treatment.visitors, treatment[of]] as const));
  const [controlUnits, controlEvents] = sum(
    strata.map(({ control }) => [control?.visitors ?? 0, control?.[of] ?? 0] as const),
  );
  const evidence = logEvidenceOfMore(counted);
  const isHarm = counted.length > 0 && evidence >= -Math.log(guardrail.alpha * spends);
  const rates = { control: rate(controlEvents, controlUnits), treatment: rate(events, units) };
  const isPassed =
    metric === "errors" &&
    units > 0 &&
    logEvidenceOfFew({ events: Math.min(events, units), units }, policy.guardrails.errors.pass_rate) >= PASS_EVIDENCE;
  const words = `${metric.replace("_", " ")}: ${events} of ${units} visitors against ${controlEvents} of ${controlUnits}, evidence of more ${factor(evidence)}`;
  return {
    metric,
    scope: name,
    finding: isHarm ? "harm" : isPassed ? "passed" : units === 0 ? "insufficient_data" : "unsure",
    estimate: rates.treatment === null || rates.control === null ? null : rates.treatment - rates.control,
    lower: null,
    upper: null,
    margin: null,
    ...rates,
    n: units,
    reason: words,
    dry_run: guardrail.dry_run,
  };
}

/** Whether visitors of the stage fall into the arms as they were dealt. Mismatch says nothing of the version: it is our error. */
export function sampleRatioFigure({ name, strata, spends }: Scope, policy: Policy): MetricFigure {
  const { alpha, concentration, dry_run } = policy.guardrails.sample_ratio;
  const dealt = strata.flatMap(({ share, control, treatment }) => {
    if (control === null) return [];
    const [inControl = 0, inTreatment = 0] = commonSample([control.sample, treatment.sample]);
    const of = treatmentShare(share);
    return [{ counts: [inControl, inTreatment], shares: [1 - of, of] }];
  });
  const [control, treatment] = sum(dealt.map(({ counts }) => [counts[0] ?? 0, counts[1] ?? 0] as const));
  const expected = dealt.reduce(
    (all, { counts, shares }) => all + ((counts[0] ?? 0) + (counts[1] ?? 0)) * (shares[1] ?? 0),
    0,
  );
  const evidence = logEvidenceOfMismatch(dealt, concentration);
  const isHarm = evidence >= -Math.log(alpha * spends);
  return {
    metric: "sample_ratio",
    scope: name,
    finding: isHarm ? "harm" : control + treatment === 0 ? "insufficient_data" : "unsure",
    estimate: null,
    lower: null,
    upper: null,
    margin: null,
    control,
    treatment,
    n: control + treatment,
    reason: `sample ratio: ${treatment} of a sample of ${control + treatment} visitors in the treatment, ${expected.toFixed(0)} expected, evidence of a mismatch ${factor(evidence)}`,
    dry_run,
  };
}

function sum(pairs: readonly (readonly [number, number])[]): [number, number] {
  return pairs.reduce<[number, number]>(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
}

function rate(events: number, units: number): number | null {
  return units === 0 ? null : events / units;
}

function factor(log: number): string {
  return Number(Math.exp(Math.min(log, 30)).toPrecision(2)).toString();
}
