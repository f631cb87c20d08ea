import type { Bucket } from "@google-cloud/storage";
import type { Firestore } from "firebase-admin/firestore";
import { LogStore } from "../collect/store.ts";
import type { Lifecycle } from "../config.ts";
import { type FeatureShares, gainShares } from "../model/importance.ts";
import type { Importance } from "../registry/schema.ts";
import { type LoadedVersion, VersionStore } from "../registry/store.ts";
import type { ServedVersion } from "../serve/schema.ts";
import { CorruptError, InputError, RefusedError } from "../shared/errors.ts";
import { readLifecycle } from "../shared/lifecycle.ts";
import { iso } from "../shared/time.ts";
import { collectSamples } from "./collect-dataset.ts";
import {
  answersOfServed,
  type ComparedFigures,
  type ComparedVersion,
  compareAnswers,
  judgingOnly,
  summaryOf,
} from "./comparison.ts";
import { importanceChange } from "./importance.ts";
import type { CompareRequest } from "./schema.ts";
import { validSamples, type Workspace } from "./workspace.ts";

const DAY_MS = 86_400_000;
/** Window of a request that names none, and the longest one: logs live no longer. */
const DEFAULT_DAYS = 7;
const MAX_DAYS = 90;
/** Sessions that are compared on at most; of more a fixed pseudorandom part. */
const MAX_SESSIONS = 50_000;
/** Logs that are read at most. */
const MAX_LOGS = 400_000;

/** How two versions do on the same visits. */
export interface Comparison extends ComparedFigures {
  a: ServedVersion;
  b: ServedVersion;
  /** Event times, ISO 8601: from <= event_at < to. */
  window: { from: string; to: string };
  /** Of the policy in force: what counts as right, for both. */
  target_policy: Lifecycle["training"]["target_policy"];
  /** Visits that teach something, and their sessions. */
  rows: number;
  sessions: number;
  /** End of the visits that each version was made of, null for the rules: those before it it may have learnt by heart. */
  data_until: { a: string | null; b: string | null };
  /** Shares of gain by feature, null for the rules, and how a's differ from b's. */
  importance: { a: FeatureShares | null; b: FeatureShares | null; change: Importance["change"] };
  /** One sentence. */
  summary: string;
}

/**
 * Compares two registered versions, or one and the rules, on the visits of a window.
 * @param nowMs event time: end of the window unless the request names one
 * @throws {InputError} naming the field: a version that is not registered, is removed or damaged; a window without end
 * @throws {RefusedError} there is nothing to compare on, or too much
 */
export async function compareVersionsOn(
  { db, bucket }: { db: Firestore; bucket: Bucket },
  request: CompareRequest,
  nowMs: number,
): Promise<Comparison> {
  const window = windowOf(request, nowMs);
  const versions = new VersionStore(db, bucket);
  const [a, b] = [await loaded(versions, "a", request.a), await loaded(versions, "b", request.b)];
  const workspace = await heldOut(db, window);
  const { examples, split, training } = workspace;
  if (examples.ids.length === 0) {
    throw new RefusedError(
      `no visit from ${iso(window.fromMs)} to ${iso(window.toMs)} says what would have been right`,
    );
  }
  const answered = async (version: ServedVersion, of: LoadedVersion | null): Promise<ComparedVersion> => ({
    version,
    answers: await answersOfServed(of, examples, split.holdout, async () => {}),
  });
  const figures = compareAnswers(workspace, { a: await answered(request.a, a), b: await answered(request.b, b) });
  const gains = { a: a && gainShares(a.bundle, a.files), b: b && gainShares(b.bundle, b.files) };
  return {
    a: request.a,
    b: request.b,
    window: { from: iso(window.fromMs), to: iso(window.toMs) },
    target_policy: training.target_policy,
    rows: examples.ids.length,
    sessions: examples.sessions,
    data_until: { a: a?.meta.lineage.data.to ?? null, b: b?.meta.lineage.data.to ?? null },
    ...figures,
    importance: {
      ...gains,
      change: gains.a && gains.b && importanceChange(gains.a, { from: request.b, gain: gains.b }),
    },
    summary: summaryOf(figures, { a: request.a, b: request.b, sessions: examples.sessions }),
  };
}

interface TimeWindow {
  fromMs: number;
  toMs: number;
}

function windowOf({ from, to }: CompareRequest, nowMs: number): TimeWindow {
  const toMs = to === undefined ? nowMs : Date.parse(to);
  const fromMs = from === undefined ? toMs - DEFAULT_DAYS * DAY_MS : Date.parse(from);
  const message =
    fromMs >= toMs
      ? `must be before ${iso(toMs)}`
      : toMs - fromMs > MAX_DAYS * DAY_MS
        ? `must be at most ${MAX_DAYS} days before ${iso(toMs)}`
        : undefined;
  if (message !== undefined) throw new InputError(`from ${message}`, [{ path: "from", message }]);
  return { fromMs, toMs };
}

/** Null for the rules. */
async function loaded(versions: VersionStore, path: "a" | "b", version: ServedVersion): Promise<LoadedVersion | null> {
  if (version === "rules") return null;
  try {
    return await versions.load(version);
  } catch (error) {
    if (!(error instanceof CorruptError)) throw error;
    throw new InputError(`${path}: ${error.message}`, [{ path, message: error.message }]);
  }
}

/** A workspace all of whose valid visits judge, and none is learnt from. */
async function heldOut(db: Firestore, window: TimeWindow): Promise<Workspace> {
  const { training, validation: limits } = await readLifecycle(db);
  const bounds = { maxSessions: MAX_SESSIONS, seed: 1 };
  const { samples } = await collectSamples(new LogStore(db), window, bounds, async (read) => {
    if (read > MAX_LOGS) throw new RefusedError(`the window has more than ${MAX_LOGS} logs: name a later \`from\``);
  });
  const { valid, validation } = validSamples(samples, { ...window, asOfMs: window.toMs }, limits);
  return judgingOnly(valid, { training, limits, validation });
}
