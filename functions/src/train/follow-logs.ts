import type { Bucket } from "@google-cloud/storage";
import type { Firestore } from "firebase-admin/firestore";
import { type FoldOutcome, foldDueLogs } from "../collect/fold-due-logs.ts";
import type { Lifecycle } from "../config.ts";
import { evaluateIfDue } from "../evaluate/evaluate-triggers.ts";
import { FIRST_ROUTING, type Routing } from "../serve/schema.ts";
import { RoutingStore } from "../serve/store.ts";
import { CorruptError } from "../shared/errors.ts";
import { readLifecycle } from "../shared/lifecycle.ts";
import { openJobFor } from "./open-job.ts";
import type { Opening } from "./store.ts";

const MINUTE_MS = 60_000;

/** One look at what has come in. */
export interface Follow {
  /** Names this run in the fold's lease: unique per call. */
  holder: string;
  /** Commits of the fold at most, 1000 logs each. */
  maxSteps: number;
  /** Event time of the decision, epoch ms; null: that of the latest log folded. */
  eventMs: number | null;
  /** Server time, epoch ms. */
  serverMs: number;
}

/** What a look has led to. */
export interface Followed extends FoldOutcome {
  /** The decision that fired, if one did, and its job. */
  fired: string | null;
  job: Opening | null;
}

/**
 * Folds what is due, decides if an hour has none yet, and opens the job of what fired. While logs are left to fold nothing
 * is decided: the hour's one decision must not be spent on half of them.
 */
export async function followLogs(db: Firestore, bucket: Bucket, follow: Follow): Promise<Followed> {
  const [{ collect }, routing] = await Promise.all([readLifecycle(db), readableRouting(db)]);
  const folded = await foldDueLogs(db, { ...follow, restMs: restMinutes(collect, routing) * MINUTE_MS });
  const last = folded.lastEventAt === null ? null : Date.parse(folded.lastEventAt);
  const nowMs = follow.eventMs ?? last;
  if (!folded.complete || nowMs === null) return { ...folded, fired: null, job: null };
  const evaluation = await evaluateIfDue(db, bucket, { nowMs, serverMs: follow.serverMs });
  if (evaluation === null) return { ...folded, fired: null, job: null };
  return { ...folded, fired: evaluation.fired, job: await openJobFor(db, evaluation) };
}

/** Minutes that the fold rests: fewer while somebody waits for what has matured. */
export function restMinutes(
  { fold_rest_minutes: quiet, watched_rest_minutes: watched }: Lifecycle["collect"],
  { shadow, canary, experiment }: Pick<Routing, "shadow" | "canary" | "experiment">,
): number {
  const isWatched = shadow !== null || canary !== null || experiment !== null;
  return isWatched ? Math.min(quiet, watched) : quiet;
}

/** The routing in force. One that is damaged stops decisions, and must not stop the fold. */
async function readableRouting(db: Firestore): Promise<Routing> {
  try {
    return await new RoutingStore(db).read();
  } catch (error) {
    if (error instanceof CorruptError) return FIRST_ROUTING;
    throw error;
  }
}
