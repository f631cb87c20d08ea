import { CLASS_GROUPS, CLASSES, type ClassGroup, FEATURE_NAMES, type FeatureName } from "../design/schema.ts";
import { parseBooster } from "../model/format.ts";
import { predictionOf } from "../model/prediction.ts";
import { Scorer } from "../model/scorer.ts";
import type { LoadedVersion } from "../registry/store.ts";
import { bootstrapIntervals, totalOf } from "../stats/bootstrap.ts";
import type { Answers } from "./answers.ts";
import { biasReport } from "./bias.ts";
import { answersOfServed } from "./comparison.ts";
import { judgedGroups } from "./evaluate-candidate.ts";
import { type Examples, examplesOf, featuresOf, labelledRows } from "./examples.ts";
import type { JobFiles } from "./file-store.ts";
import { surprise } from "./gate-evidence.ts";
import { proposalsOf, reviewInWords } from "./review-in-words.ts";
import type { Sample } from "./sample.ts";
import type { RetrainingJob, Review } from "./schema.ts";
import { withoutName } from "./units.ts";
import type { Workspace } from "./workspace.ts";

/** Nats, summed over the varying groups, that are nothing to miss. */
const NEGLIGIBLE = 0.002;

type Beat = (message: string) => Promise<void>;

/** What a review is made of. */
interface ReviewParts {
  workspace: Workspace;
  /** The valid visits, for the policy that the workspace does not go by. */
  samples: readonly Sample[];
  job: RetrainingJob;
  files: JobFiles;
  /** Null for the rules. */
  serving: LoadedVersion | null;
  /** The last versions, the newest first. */
  recent: Review["importance"];
}

/** Puts a review together from the models that its job has trained. Done twice, it says the same. */
export async function assembleReview(parts: ReviewParts, beat: Beat): Promise<Review> {
  const { workspace, job, serving, recent } = parts;
  const { examples, split } = workspace;
  const all = Int32Array.from(examples.ids.keys());
  const scoring = (n: number) => beat(`scoring what is in service: ${n} of ${all.length} rows`);
  const answers = await answersOfServed(serving, examples, all, scoring);
  const inService = serving && { ...answers, varyingGroups: serving.model.varyingGroups };
  const found = {
    schema_version: 1 as const,
    id: job.id,
    as_of: job.as_of,
    in_service: job.in_service,
    data: {
      from: job.dataset?.from ?? job.as_of,
      to: job.dataset?.to ?? job.as_of,
      rows: examples.ids.length,
      sessions: examples.sessions,
      holdout_sessions: split.holdoutSessions,
    },
    importance: recent,
    features: await featureCosts(parts, beat),
    segments: biasReport(workspace, answers, judgedGroups(workspace, { inService })),
    policies: await comparePolicies(parts, beat),
  };
  const proposals = proposalsOf(found, workspace.training.target_policy);
  return { ...found, proposals, report: reviewInWords({ ...found, proposals }) };
}

/** What leaving each feature out costs on the hold-out, with a 95 % interval by bootstrap over sessions. */
async function featureCosts({ workspace, job, files }: ReviewParts, beat: Beat): Promise<Review["features"]> {
  const { plan, training } = workspace;
  const groups = CLASS_GROUPS.filter((group) => plan.trees.includes(group));
  const lossesOf = async (group: ClassGroup, name: string, without?: FeatureName): Promise<Float64Array> =>
    lossesBySession(workspace, group, await files.get(name, job.units[name] ?? ""), without);
  const whole = new Map<ClassGroup, Float64Array>();
  for (const group of groups) whole.set(group, await lossesOf(group, group));
  const costs: Review["features"] = [];
  for (const feature of FEATURE_NAMES) {
    await beat(`judging the models without ${feature}`);
    const sessions = workspace.examples.sessions;
    // Of each session: loss added, and weight, for each group.
    const sums = new Float64Array(sessions * groups.length * 2);
    for (const [g, group] of groups.entries()) {
      const base = whole.get(group) as Float64Array;
      const less = await lossesOf(group, withoutName(group, feature), feature);
      for (let session = 0; session < sessions; session++) {
        const at = (session * groups.length + g) * 2;
        sums[at] = (less[session * 2] as number) - (base[session * 2] as number);
        sums[at + 1] = base[session * 2 + 1] as number;
      }
    }
    const clusters = { sums: judgedOnly(sums, groups.length * 2), width: groups.length * 2 };
    const costOf = (total: Float64Array): number =>
      groups.reduce((sum, _, g) => sum + (total[2 * g] as number) / (total[2 * g + 1] as number), 0);
    const [[low, high] = [0, 0]] = bootstrapIntervals(clusters, (total) => [costOf(total)], training);
    const value = groups.length === 0 ? 0 : costOf(totalOf(clusters));
    const verdict = low > 0 ? "needed" : high < NEGLIGIBLE ? "could_go" : "unsure";
    costs.push({ feature, cost: { value, low, high }, verdict });
  }
  return costs.sort((a, b) => a.cost.value - b.cost.value);
}

/** sessions x (loss, weight) of a model on the hold-out. */
function lossesBySession(
  { examples, split }: Workspace,
  group: ClassGroup,
  bytes: Uint8Array,
  without: FeatureName | undefined,
): Float64Array {
  const booster = parseBooster(bytes);
  const scorer = new Scorer(booster);
  const classes = CLASSES[group].length;
  const sums = new Float64Array(examples.sessions * 2);
  for (const row of labelledRows(examples, split.holdout, group)) {
    const features = featuresOf(examples, row).slice();
    if (without !== undefined) features[FEATURE_NAMES.indexOf(without)] = Number.NaN;
    const probabilities = predictionOf(booster.objective, scorer.margins(features));
    const label = examples.labels[group][row] as number;
    if (label >= classes) continue;
    const at = (examples.session[row] as number) * 2;
    const weight = examples.weights[row] as number;
    sums[at] = (sums[at] as number) + weight * surprise(probabilities[label] as number);
    sums[at + 1] = (sums[at + 1] as number) + weight;
  }
  return sums;
}

/** Sessions that have weight: those of the hold-out. */
function judgedOnly(sums: Float64Array, width: number): Float64Array {
  const kept: number[] = [];
  for (let at = 0; at < sums.length; at += width) {
    const session = sums.subarray(at, at + width);
    if (session.some((value, i) => i % 2 === 1 && value > 0)) kept.push(...session);
  }
  return Float64Array.from(kept);
}

const POLICIES = ["engagement", "observed"] as const;

/** What is in service, held against what either policy says was right, and the two against each other. */
async function comparePolicies({ samples, serving }: ReviewParts, beat: Beat): Promise<Review["policies"]> {
  const by = new Map<string, Examples>(POLICIES.map((policy) => [policy, examplesOf(samples, policy)]));
  const compared: Review["policies"] = [];
  for (const policy of POLICIES) {
    const examples = by.get(policy) as Examples;
    const other = by.get(policy === "engagement" ? "observed" : "engagement") as Examples;
    const rows = Int32Array.from(examples.ids.keys());
    const scoring = (n: number) => beat(`policy ${policy}: ${n} of ${rows.length} rows`);
    const answers = await answersOfServed(serving, examples, rows, scoring);
    compared.push({
      policy,
      rows: rows.length,
      sessions: examples.sessions,
      accuracy: byGroup((group) => accuracyOf(examples, answers, group)),
      agreement: byGroup((group) => agreementOf(examples, other, group)),
    });
  }
  return compared;
}

function byGroup(of: (group: ClassGroup) => number | null): Partial<Record<ClassGroup, number>> {
  return Object.fromEntries(
    CLASS_GROUPS.flatMap((group) => {
      const value = of(group);
      return value === null ? [] : [[group, value]];
    }),
  );
}

function accuracyOf(examples: Examples, answers: Answers, group: ClassGroup): number | null {
  let [right, weight] = [0, 0];
  examples.labels[group].forEach((label, row) => {
    if (Number.isNaN(label)) return;
    const of = examples.weights[row] as number;
    right += of * Number(answers.classes[group][row] === label);
    weight += of;
  });
  return weight === 0 ? null : right / weight;
}

function agreementOf(a: Examples, b: Examples, group: ClassGroup): number | null {
  const rows = new Map(b.ids.map((id, row) => [id, row]));
  let [same, both] = [0, 0];
  a.ids.forEach((id, row) => {
    const other = rows.get(id);
    const [mine, theirs] = [a.labels[group][row], other === undefined ? Number.NaN : b.labels[group][other]];
    if (mine === undefined || theirs === undefined || Number.isNaN(mine) || Number.isNaN(theirs)) return;
    both++;
    same += Number(mine === theirs);
  });
  return both === 0 ? null : same / both;
}
