import type { Bucket } from "@google-cloud/storage";
import type { Firestore } from "firebase-admin/firestore";
import { ZodError } from "zod";
import { LogStore } from "../collect/store.ts";
import { Lifecycle } from "../config.ts";
import type { Gate, ModelVersion } from "../registry/schema.ts";
import { VersionStore } from "../registry/store.ts";
import { RoutingStore } from "../serve/store.ts";
import { CorruptError, reasonOf } from "../shared/errors.ts";
import { readLifecycle } from "../shared/lifecycle.ts";
import { iso } from "../shared/time.ts";
import { answersOf } from "./answers.ts";
import { collectSamples } from "./collect-dataset.ts";
import { judgingOnly } from "./comparison.ts";
import { evaluateCandidate } from "./evaluate-candidate.ts";
import { LostJobError } from "./held-job.ts";
import { offPolicyEvidence } from "./off-policy-evidence.ts";
import { validSamples } from "./workspace.ts";

const DAY_MS = 86_400_000;
/** The coming week, on which a child that awaits evidence is judged: once, when it is over. */
const EVIDENCE_MS = 7 * DAY_MS;
/** Newest versions among which children that await evidence are looked for: as many as are kept. */
const RECENT = 10;
/** Sessions of the week that are scored at most. */
const MAX_SESSIONS = 50_000;

type Beat = (message: string) => Promise<void>;

/** What became of a child that awaited evidence. */
export interface Judged {
  version: string;
  verdict: Gate["verdict"];
}

/**
 * Judges the children that await evidence and whose week is over: parent and child are scored beside each other on the visits of
 * that week, which neither has seen, and the gate looks at them as it looks at a hold-out. Once, at a time that was fixed
 * before: looking again and again would find a better one by chance. A child whose parent is no longer in service, or whose week
 * had too few sessions, is done with: not enough data.
 * @param times event time, and server time (until when visits are mature)
 * @returns those that were judged now
 */
export async function judgeAwaiting(
  { db, bucket }: { db: Firestore; bucket: Bucket },
  times: { asOfMs: number; serverMs: number },
  beat: Beat,
): Promise<Judged[]> {
  const versions = new VersionStore(db, bucket);
  const due = (await versions.list(RECENT)).filter(
    ({ gate, trained_at: trained }) =>
      gate.verdict === "awaiting_evidence" && Date.parse(trained) + EVIDENCE_MS <= times.asOfMs,
  );
  if (due.length === 0) return [];
  const { stable } = await new RoutingStore(db).read();
  const judged: Judged[] = [];
  for (const child of due) {
    const replaced = `${child.gate.against}, which it was to replace, is not in service any more: ${stable} is`;
    const gate =
      child.gate.against === stable
        ? await gateOrReason(db, versions, child, times.serverMs, beat)
        : withoutVerdict(child, replaced);
    await versions.judge(child.version, { ...gate, judged: { at: iso(times.asOfMs), ...weekOf(child) } });
    judged.push({ version: child.version, verdict: gate.verdict });
  }
  return judged;
}

function weekOf({ lineage, trained_at: trained }: ModelVersion): { from: string; to: string } {
  return { from: lineage.data.to, to: iso(Date.parse(trained) + EVIDENCE_MS) };
}

function withoutVerdict({ gate }: ModelVersion, reason: string): Gate {
  return { ...gate, verdict: "not_enough_data", reason };
}

/** A child that cannot be judged is done with, and says why: it must not keep every later job from its work. */
async function gateOrReason(...asked: Parameters<typeof gateOf>): Promise<Gate> {
  try {
    return await gateOf(...asked);
  } catch (error) {
    if (error instanceof LostJobError || !isOurs(error)) throw error;
    return withoutVerdict(asked[2], `it cannot be judged: ${reasonOf(error)}`);
  }
}

/** Faults of what is stored or computed; what Firestore or Storage cannot do just now is tried again. */
function isOurs(error: unknown): boolean {
  return error instanceof RangeError || error instanceof ZodError || error instanceof CorruptError;
}

async function gateOf(
  db: Firestore,
  versions: VersionStore,
  child: ModelVersion,
  serverMs: number,
  beat: Beat,
): Promise<Gate> {
  const { parameters, target_policy, seed } = child.lineage;
  const { training } = Lifecycle.parse({ training: { ...parameters, target_policy, seed } });
  const { validation: limits } = await readLifecycle(db);
  const { from, to } = weekOf(child);
  const window = { fromMs: Date.parse(from), toMs: Date.parse(to) };
  const bounds = { maxSessions: MAX_SESSIONS, seed };
  const reading = (read: number) => beat(`${read} logs read`);
  const { samples } = await collectSamples(new LogStore(db), { ...window, matureMs: serverMs }, bounds, reading);
  const { valid, validation } = validSamples(samples, { ...window, asOfMs: window.toMs }, limits);
  const week = judgingOnly(valid, { training, limits, validation });
  // The baseline is the class that was right most often in the week itself: nobody could have known it, so none is stronger.
  const workspace = { ...week, split: { ...week.split, train: week.split.holdout } };
  const [own, parent] = await Promise.all([versions.load(child.version), versions.load(child.gate.against)]);
  const rows = workspace.split.holdout;
  const scoring = (n: number) => beat(`scoring the week of ${child.version}: ${n} of ${rows.length} rows`);
  const inService = {
    ...(await answersOf(parent.model, workspace.examples, rows, scoring)),
    varyingGroups: parent.model.varyingGroups,
  };
  const answers = await answersOf(own.model, workspace.examples, rows, scoring);
  const candidate = { answers, against: child.gate.against, inService };
  const offPolicy = await offPolicyEvidence(workspace, { model: own.model, inService: parent.model }, beat);
  const question = { offPolicy, minSessions: training.incremental_holdout_sessions };
  const { gate } = await evaluateCandidate(workspace, candidate, question, beat);
  if (gate.verdict !== "awaiting_evidence") return gate;
  const reason = `the week brought ${gate.sessions} sessions, ${question.minSessions} are needed`;
  return { ...gate, verdict: "not_enough_data", reason };
}
