import { CLASS_GROUPS, CLASSES, type ClassGroup, VARIABLE_NAMES, type VariableName } from "../design/schema.ts";
import type { Estimate } from "../registry/schema.ts";
import type { LoadedVersion } from "../registry/store.ts";
import type { ServedVersion } from "../serve/schema.ts";
import { type Answers, answersOf } from "./answers.ts";
import { type Examples, examplesOf, pick } from "./examples.ts";
import type { Sample } from "./sample.ts";
import { compareSegments, type SegmentComparison } from "./segment-comparison.ts";
import { groupMetrics, variableMetrics } from "./target-metrics.ts";
import { weighted } from "./weights.ts";
import type { Workspace } from "./workspace.ts";

/** A version, or the rules, with its answers to every row. */
export interface ComparedVersion {
  version: ServedVersion;
  answers: Answers;
}

/** Log-loss (nats) and expected calibration error are null for the rules, which say a class and no probability. */
interface GroupFigures {
  accuracy: Estimate;
  log_loss: Estimate | null;
  ece: Estimate | null;
}

/** Figures of two versions on the same visits; differences are a minus b, by the same draws of sessions, all with 95 % intervals. */
export interface ComparedFigures {
  classes: Record<
    ClassGroup,
    {
      rows: number;
      sessions: number;
      a: GroupFigures;
      b: GroupFigures;
      difference: { accuracy: Estimate; log_loss: Estimate | null };
    }
  >;
  /** Mean absolute errors, in the variable's unit. */
  variables: Record<VariableName, { rows: number; a: Estimate; b: Estimate; difference: Estimate }>;
  /** Of the class groups in which somebody can be wrong. */
  segments: SegmentComparison[];
}

/**
 * Compares two versions on the hold-out of a workspace. Figures over no row are 0.
 */
export function compareAnswers(
  workspace: Workspace,
  { a, b }: { a: ComparedVersion; b: ComparedVersion },
): ComparedFigures {
  const classes = {} as ComparedFigures["classes"];
  for (const group of CLASS_GROUPS) {
    const first = groupMetrics(workspace, { answers: a.answers, inService: b.answers }, group);
    const second = groupMetrics(workspace, { answers: b.answers, inService: null }, group);
    const figuresOf = ({ version }: ComparedVersion, { estimates }: typeof first): GroupFigures => {
      const { accuracy, log_loss, ece } = there(estimates);
      return version === "rules" ? { accuracy, log_loss: null, ece: null } : { accuracy, log_loss, ece };
    };
    const { accuracy_above_in_service: accuracy, log_loss_above_in_service: log_loss } = there(first.estimates);
    classes[group] = {
      rows: first.rows,
      sessions: first.sessions,
      a: figuresOf(a, first),
      b: figuresOf(b, second),
      difference: {
        accuracy: there(accuracy),
        log_loss: a.version === "rules" || b.version === "rules" ? null : there(log_loss),
      },
    };
  }
  const variables = {} as ComparedFigures["variables"];
  for (const name of VARIABLE_NAMES) {
    const first = variableMetrics(workspace, { answers: a.answers, inService: b.answers }, name);
    const second = variableMetrics(workspace, { answers: b.answers, inService: null }, name);
    const { mae, mae_above_in_service: difference } = there(first.estimates);
    variables[name] = { rows: first.rows, a: mae, b: there(second.estimates).mae, difference: there(difference) };
  }
  const groups = disputedGroups(workspace, [a.answers, b.answers]);
  return { classes, variables, segments: compareSegments(workspace, { a: a.answers, b: b.answers }, groups) };
}

/** Makes valid samples a workspace in which every visit judges, and none is learnt from. */
export function judgingOnly(
  samples: readonly Sample[],
  { training, limits, validation }: Pick<Workspace, "training" | "limits" | "validation">,
): Workspace {
  const examples = examplesOf(samples, training.target_policy);
  const holdout = Int32Array.from(examples.ids.keys());
  const split = { train: new Int32Array(), holdout, trainSessions: 0, holdoutSessions: examples.sessions };
  examples.weights = weighted(examples, split, training);
  const plan = { constants: {}, trees: [] };
  // What visitors did is looked at in all visits: those that teach something are chosen by it.
  const visits = training.target_policy === "engagement" ? examples : examplesOf(samples, "engagement");
  return { training, limits, validation, examples, visits, split, plan, fold: null, parent: null };
}

/** Class groups in which visits want, or one of the versions says, more than one and the same class. */
function disputedGroups({ examples, split }: Workspace, answers: readonly Answers[]): ClassGroup[] {
  return CLASS_GROUPS.filter((group) => {
    const wanted = pick(examples.labels[group], split.holdout).filter((label) => !Number.isNaN(label));
    const said = answers.flatMap((of) =>
      Array.from(new Set(split.holdout.map((row) => of.classes[group][row] as number))),
    );
    return wanted.length > 0 && new Set([...new Set(wanted), ...said]).size > 1;
  });
}

/** What a version, or without one the rules, answers to some rows. */
export async function answersOfServed(
  version: Pick<LoadedVersion, "model"> | null,
  examples: Examples,
  rows: Int32Array,
  onProgress: (scored: number) => Promise<void>,
): Promise<Answers> {
  return version === null ? answersOfRules(examples) : answersOf(version.model, examples, rows, onProgress);
}

/** The answers of the rules, sure of themselves. */
export function answersOfRules({ ids, rules }: Pick<Examples, "ids" | "rules">): Answers {
  const record = <Name extends string, Value>(names: readonly Name[], of: (name: Name) => Value) =>
    Object.fromEntries(names.map((name) => [name, of(name)])) as Record<Name, Value>;
  return {
    classes: record(CLASS_GROUPS, (group) => Uint8Array.from(rules[group])),
    probabilities: record(CLASS_GROUPS, (group) => {
      const classes = CLASSES[group].length;
      const sure = new Float32Array(ids.length * classes);
      rules[group].forEach((said, row) => {
        sure[row * classes + said] = 1;
      });
      return sure;
    }),
    variables: record(VARIABLE_NAMES, (name) => rules[name]),
  };
}

/** All in one sentence. */
export function summaryOf(
  { classes, segments }: ComparedFigures,
  { a, b, sessions }: { a: ServedVersion; b: ServedVersion; sessions: number },
): string {
  const judged = new Set(segments.map(({ group }) => group));
  const findings = CLASS_GROUPS.filter((group) => judged.has(group)).map((group) => {
    const { value, low, high } = classes[group].difference.accuracy;
    if (low <= 0 && high >= 0)
      return `as often for ${group} as far as can be told (${points(low)} to ${points(high)} points)`;
    const how = value > 0 ? "more often" : "less often";
    return `${how} for ${group} (${points(value)} points, ${points(low)} to ${points(high)})`;
  });
  if (findings.length === 0) return `On ${sessions} sessions there is nothing in which ${a} or ${b} could be wrong.`;
  const apart = segments.filter(({ difference }) => difference !== null && (difference.low > 0 || difference.high < 0));
  const worst = apart.reduce<SegmentComparison | null>(
    (least, of) => (there(of.difference).value < (least?.difference?.value ?? 0) ? of : least),
    null,
  );
  const where =
    worst === null
      ? "no segment stands out against it"
      : `it loses most in ${worst.segment} for ${worst.group} (${points(there(worst.difference).value)} points)`;
  return `On ${sessions} sessions ${a} is right, compared with ${b}, ${findings.join(", ")}; ${where}.`;
}

function points(share: number): string {
  return `${share > 0 ? "+" : ""}${(100 * share).toFixed(1)}`;
}

/** What groupMetrics always measures and old documents may lack. */
function there<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new RangeError("was not measured");
  return value;
}
