import type { Bucket } from "@google-cloud/storage";
import type { Firestore } from "firebase-admin/firestore";
import { estimate, mergeSketches } from "../collect/sketch.ts";
import { WindowStore } from "../collect/store.ts";
import type { ModelVersion } from "../registry/schema.ts";
import { VersionStore } from "../registry/store.ts";
import { PLAIN_ARMS, type Routing, type ServedVersion } from "../serve/schema.ts";
import { RoutingStore } from "../serve/store.ts";
import { readLifecycle } from "../shared/lifecycle.ts";
import { hourId, iso } from "../shared/time.ts";
import { collectFacts } from "./collect-facts.ts";
import { driftSection } from "./drift-section.ts";
import type { Evaluation, TriggerName } from "./schema.ts";
import { spansSince } from "./spans.ts";
import { EvaluationStore } from "./store.ts";
import { decideTriggers } from "./triggers.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Hours for which a decision that fired and has no job is remembered. */
const RECOVERY_HOURS = 24;
/** Newest versions whose visits are looked for; older ones have had no traffic since the last training. */
const VERSIONS = 10;
/** Newest versions among which the last training is: weekly ones that await evidence may have come after it. */
const TRAININGS = 30;

/** The clocks of a decision, epoch ms: event time, and the server's own. */
export interface DecisionTime {
  nowMs: number;
  serverMs: number;
}

/**
 * Decides all triggers, once per hour of event time: who comes second finds the decision made. What comes back is a
 * decision that fired and whose job is not open yet, be it this one or one whose author died in between.
 */
export async function evaluateIfDue(
  db: Firestore,
  bucket: Bucket,
  { nowMs, serverMs }: DecisionTime,
): Promise<Evaluation | null> {
  const store = new EvaluationStore(db);
  const id = hourId(nowMs);
  const decided = await store.read(id);
  if (decided !== undefined) return awaitsJob(decided) ? decided : null;

  const lifecycle = await readLifecycle(db);
  const { triggers: policy, training } = lifecycle;
  const lookBackMs = Math.max(policy.cool_down_hours, RECOVERY_HOURS) * HOUR_MS;
  const firedBefore = await store.firedSince(nowMs - lookBackMs);
  const waiting = firedBefore.find(awaitsJob);
  if (waiting !== undefined) return waiting;

  const [routing, versions, openJob] = await Promise.all([
    new RoutingStore(db).read(),
    new VersionStore(db, bucket).list(TRAININGS),
    store.openJob(),
  ]);
  // What awaits evidence serves nobody: it must not keep volume and age from having the version in service renewed.
  const last = newest(versions.filter(({ gate }) => gate.verdict !== "awaiting_evidence"));
  const latest = newest(versions);
  const sinceMs = Math.max(
    last === undefined ? Number.NEGATIVE_INFINITY : Date.parse(last.lineage.data.to),
    nowMs - training.window_days * DAY_MS,
  );
  const lastTrainingMs = last === undefined ? null : Date.parse(last.trained_at);
  const { importances, logged, ...seen } = await collectFacts(db, bucket, {
    routing,
    lifecycle,
    nowMs,
    lastTrainingMs,
  });
  const { triggers, fired } = decideTriggers({
    nowMs,
    policy,
    inService: routing.stable,
    lastTrainingMs,
    lastVersionMs: latest === undefined ? null : Date.parse(latest.trained_at),
    newSessions: await countSessions(db, servedVersions(routing, versions.slice(0, VERSIONS)), sinceMs, nowMs),
    openJob,
    lastFiredMs: lastFirings(firedBefore),
    ...seen,
  });
  const evaluation: Evaluation = {
    schema_version: 1,
    id,
    decided_at: iso(nowMs),
    created_at: iso(serverMs),
    in_service: routing.stable,
    triggers,
    drift: driftSection(seen.days, importances, policy),
    logged,
    fired,
    job: null,
  };
  const isOurs = await store.create(evaluation);
  return isOurs && fired !== null ? evaluation : null;
}

function awaitsJob({ fired, job }: Evaluation): boolean {
  return fired !== null && job === null;
}

function newest(versions: readonly ModelVersion[]): ModelVersion | undefined {
  return versions.reduce<ModelVersion | undefined>(
    (last, version) => (last === undefined || version.trained_at > last.trained_at ? version : last),
    undefined,
  );
}

function lastFirings(evaluations: readonly Evaluation[]): Partial<Record<TriggerName, number>> {
  const last: Partial<Record<TriggerName, number>> = {};
  for (const { fired, decided_at: at } of evaluations) if (fired !== null) last[fired] = Date.parse(at);
  return last;
}

function servedVersions(routing: Routing, versions: readonly ModelVersion[]): Set<ServedVersion> {
  const routed = [routing.stable, routing.previous_good, ...(routing.canary === null ? [] : [routing.canary.version])];
  return new Set<ServedVersion>(["rules", ...routed, ...versions.map(({ version }) => version)]);
}

/** Distinct mature sessions since a time: the union of the sketches of all versions and arms (1.6 % standard error). */
async function countSessions(
  db: Firestore,
  versions: ReadonlySet<ServedVersion>,
  sinceMs: number,
  nowMs: number,
): Promise<number> {
  const store = new WindowStore(db);
  const queries = [...versions].flatMap((version) =>
    PLAIN_ARMS.flatMap((arm) => spansSince(sinceMs, nowMs).map((span) => ({ version, arm, ...span }))),
  );
  const found = await Promise.all(queries.map((query) => store.range(query)));
  return estimate(mergeSketches(...found.flat().map((window) => window.sessions)));
}
