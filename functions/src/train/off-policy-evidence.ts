import { CLASS_GROUPS, CLASSES, type ClassGroup, FEATURE_NAMES } from "../design/schema.ts";
import { VARYING_GROUPS } from "../design/targets.ts";
import type { JudgedModel } from "../model/bundle.ts";
import {
  type ComparedVisit,
  type DoublyRobustDifference,
  doublyRobustDifference,
  rewardModel,
} from "../stats/off-policy.ts";
import { type Examples, featuresOf } from "./examples.ts";
import { segmenter } from "./segments.ts";
import { NONE, seenClasses } from "./served-rows.ts";
import type { Workspace } from "./workspace.ts";

/** Rows that are scored between two signs of life. */
const CHUNK = 2000;
const GROUPS = CLASS_GROUPS.length;
const ACTIONS = CLASS_GROUPS.reduce((product, group) => product * CLASSES[group].length, 1);

/** Whom the visits are compared by; null stands for the rules. */
interface Policies {
  model: JudgedModel;
  inService: JudgedModel | null;
}

/**
 * What the logs say of the candidate's engagement against that of the version in service: on the visits that came after what
 * was learnt from, were shown what was answered, and were left to chance a little. Null where none was.
 */
export async function offPolicyEvidence(
  workspace: Workspace,
  { model, inService }: Policies,
  onProgress: (message: string) => Promise<void>,
): Promise<DoublyRobustDifference | null> {
  const { visits, training } = workspace;
  const { served } = visits;
  const rows = laterVisits(workspace).filter(
    (row) => served.fresh[row] === 1 && (served.propensity[row] as number) < 1,
  );
  if (rows.length === 0) return null;
  const segmentsOf = segmenter(visits);
  const contexts = new Map<string, number>();
  const contextOf = (row: number): number => {
    const { device, hours } = segmentsOf(row);
    const name = `${device} ${hours}`;
    const known = contexts.get(name) ?? contexts.size;
    contexts.set(name, known);
    return known;
  };
  const classesOf = (row: number): number[] => Array.from(served.classes.subarray(row * GROUPS, (row + 1) * GROUPS));
  const logged = Array.from(rows, (row) => ({
    context: contextOf(row),
    action: actionOf(classesOf(row)),
    reward: served.engaged[row] as number,
    cluster: visits.unit[row] as number,
  }));
  const estimate = rewardModel(logged, ACTIONS);
  const varying = inService?.varyingGroups ?? VARYING_GROUPS[training.target_policy];
  const compared: ComparedVisit[] = [];
  for (const [i, row] of rows.entries()) {
    if (i % CHUNK === 0) await onProgress(`${i} visits left to chance`);
    const features = featuresOf(visits, row);
    const candidate = seenClasses(served, row, model.predict(features).classes);
    const current = seenClasses(served, row, inService?.predict(features).classes ?? rulesOf(visits, row));
    const { context, action, reward, cluster } = logged[i] as (typeof logged)[number];
    const [candidateAction, currentAction] = [actionOf(candidate), actionOf(current)];
    const isCandidate = action === candidateAction;
    const propensity = served.propensity[row] as number;
    const chance = { served: classesOf(row), propensity, k: eligible(visits, row, varying), varying };
    compared.push({
      reward,
      propensity,
      isCandidate,
      isInService: action === currentAction,
      isAgreed: candidateAction === currentAction,
      rarerPropensity: Math.min(chanceOf(candidate, chance), chanceOf(current, chance)),
      candidateEstimate: estimate({ context, action: candidateAction, cluster }),
      inServiceEstimate: estimate({ context, action: currentAction, cluster }),
      servedEstimate: estimate({ context, action, cluster }),
      cluster,
    });
  }
  return doublyRobustDifference(compared);
}

/** Visits of the sessions that begin no earlier than the first that judges. */
export function laterVisits({ examples, split, visits }: Workspace): Int32Array {
  if (visits === examples) return split.holdout;
  const fromMs = split.holdout.reduce(
    (ms, row) => Math.min(ms, examples.eventMs[row] as number),
    Number.POSITIVE_INFINITY,
  );
  const first = new Float64Array(visits.sessions).fill(Number.POSITIVE_INFINITY);
  visits.session.forEach((session, row) => {
    first[session] = Math.min(first[session] as number, visits.eventMs[row] as number);
  });
  return Int32Array.from(visits.ids.keys()).filter((row) => (first[visits.session[row] as number] as number) >= fromMs);
}

function rulesOf({ rules }: Examples, row: number): Record<ClassGroup, number> {
  return { density: rules.density[row] as number, font: rules.font[row] as number, theme: rules.theme[row] as number };
}

/** Number of a triple of classes. */
function actionOf(classes: readonly number[]): number {
  return CLASS_GROUPS.reduce((action, group, g) => action * CLASSES[group].length + (classes[g] as number), 0);
}

const NEEDS = FEATURE_NAMES.indexOf("accessibility_needs");

/** Class groups that serving may have explored on this visit: see serve/explore.ts. */
function eligible(visits: Examples, row: number, varying: readonly ClassGroup[]): number {
  if ((featuresOf(visits, row)[NEEDS] as number) > 0) return 0;
  return CLASS_GROUPS.filter((group, g) => varying.includes(group) && visits.served.decided[row * GROUPS + g] === NONE)
    .length;
}

/**
 * Probability with which serving would have given this answer. What was served often (1 - 2 share / 3) was the serving policy's
 * own: another answer was possible if it differs in one group that is explored, with share / (3 k). What was served rarely was one of
 * those; then nobody knows which was the own, and any other answer counts as rare.
 */
function chanceOf(
  answer: readonly number[],
  {
    served,
    propensity,
    k,
    varying,
  }: { served: readonly number[]; propensity: number; k: number; varying: readonly ClassGroup[] },
): number {
  const groups = CLASS_GROUPS.filter((_, g) => answer[g] !== served[g]);
  if (groups.length === 0 || propensity <= 0.5) return propensity;
  if (k === 0 || groups.length !== 1 || !varying.includes(groups[0] as ClassGroup)) return 0;
  return (1 - propensity) / 2 / k;
}
