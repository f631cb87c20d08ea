import type { Bucket } from "@google-cloud/storage";
import type { Firestore } from "firebase-admin/firestore";
import { TrafficStore } from "../collect/store.ts";
import type { Lifecycle } from "../config.ts";
import { gainShares } from "../model/importance.ts";
import { Reference } from "../registry/schema.ts";
import { type LoadedVersion, VersionStore } from "../registry/store.ts";
import type { Routing } from "../serve/schema.ts";
import { CorruptError, reasonOf } from "../shared/errors.ts";
import { floorTo } from "../shared/time.ts";
import { dayOf, feedbackOf, type Judge, volumeOf } from "./day-of.ts";
import type { Days, Importances } from "./drift-section.ts";
import { type Comparison, comparison, judgeDay } from "./judge-day.ts";
import { volumeFindings } from "./seasonal.ts";
import { spansSince } from "./spans.ts";
import type { TriggerFacts } from "./triggers.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const FEEDBACK_DAYS = 7;
/** Four weeks before the earliest of three days, and as much as tells what was before a training. */
const VOLUME_DAYS = 60;
/** Versions back to the last full training: a weekly one for every week of a year, and some. */
const MAX_GENERATIONS = 60;

/** What the site's traffic says at the time of a decision. */
export type TrafficFacts = Pick<TriggerFacts, "days" | "feedback" | "volume"> & {
  /** Share of the gain of the version in service that each feature makes; null while that is the rules. */
  importances: Importances | null;
};

/** Reads the last matured days, a week of feedback and two months of volume, and judges them by the version in service. */
export async function collectFacts(
  db: Firestore,
  bucket: Bucket,
  {
    routing,
    lifecycle,
    nowMs,
    lastTrainingMs,
  }: {
    routing: Routing;
    lifecycle: Lifecycle;
    nowMs: number;
    lastTrainingMs: number | null;
  },
): Promise<TrafficFacts> {
  const { triggers: policy, collect, training } = lifecycle;
  const toMs = floorTo(nowMs - collect.maturity_minutes * MINUTE_MS, HOUR_MS);
  const traffic = new TrafficStore(db);
  const [inService, hours, days, recent] = await Promise.all([
    versionInService(new VersionStore(db, bucket), routing, policy),
    traffic.range("1h", { fromMs: toMs - 3 * DAY_MS, toMs }),
    traffic.range("1d", { fromMs: floorTo(toMs - VOLUME_DAYS * DAY_MS, DAY_MS), toMs }),
    recentFeedback(traffic, toMs),
  ]);
  const judge: Judge = {
    model: inService.loaded?.model ?? null,
    policy: training.target_policy,
    arms: judgedArms(routing),
  };
  const findings = [0, 1, 2].map((back) => {
    const end = toMs - back * DAY_MS;
    const day = dayOf(hours, { fromMs: end - DAY_MS, toMs: end }, judge);
    const features = judgeDay(day, inService.features, policy);
    // What a continuation answers is compared with its own reference: its parent answered otherwise.
    const answers = inService.answers === inService.features ? features : judgeDay(day, inService.answers, policy);
    return { ...features, groups: answers.groups };
  });
  const fromMs = floorTo(toMs - VOLUME_DAYS * DAY_MS, DAY_MS);
  return {
    days: findings as unknown as Days,
    feedback: feedbackOf(recent),
    volume: volumeFindings(volumeOf(days, { fromMs, toMs }), { toMs, lastTrainingMs }, policy.seasonal),
    importances: inService.loaded === null ? null : gainShares(inService.loaded.bundle, inService.loaded.files),
  };
}

/** Stable and control traffic; at 100 % everybody but the holdback. */
function judgedArms({ canary }: Routing): Judge["arms"] {
  return new Set(canary?.share === 1 ? ["stable", "control", "treatment"] : ["stable", "control"]);
}

/** Feedback of the last seven days, by documents that do not overlap. */
async function recentFeedback(traffic: TrafficStore, toMs: number) {
  const spans = spansSince(toMs - FEEDBACK_DAYS * DAY_MS, toMs - 1);
  const found = await Promise.all(
    spans.flatMap(({ granularity, ...range }) => (granularity === "5m" ? [] : [traffic.range(granularity, range)])),
  );
  return found.flat();
}

interface InService {
  loaded: LoadedVersion | null;
  /** What features are compared with: the last full training's reference, since one that is renewed weekly hides slow drift. */
  features: Comparison;
  /** What answers are compared with: the version's own. */
  answers: Comparison;
}

async function versionInService(
  versions: VersionStore,
  { stable }: Routing,
  policy: Lifecycle["triggers"],
): Promise<InService> {
  const without = (reason: string): InService => {
    const compared = comparison(null, reason, policy);
    return { loaded: null, features: compared, answers: compared };
  };
  if (stable === "rules") return without("the rules are in service, which were not trained on anything");
  try {
    const loaded = await versions.load(stable);
    const own = comparison(referenceOf(loaded), "", policy);
    const full = await lastFull(versions, loaded);
    if (full === loaded) return { loaded, features: own, answers: own };
    return { loaded, features: comparison(referenceOf(full), "", policy), answers: own };
  } catch (error) {
    if (error instanceof CorruptError) return without(`the reference of ${stable} cannot be read: ${reasonOf(error)}`);
    throw error;
  }
}

/** The version of the last full training behind a version: itself, or an ancestor. */
async function lastFull(versions: VersionStore, version: LoadedVersion): Promise<LoadedVersion> {
  let found = version;
  for (let back = 0; back < MAX_GENERATIONS; back++) {
    const { kind, parent } = found.meta.lineage;
    if (kind === "full" || parent === null) return found;
    found = await versions.load(parent);
  }
  return found;
}

function referenceOf({ meta: { version }, files }: LoadedVersion): Reference {
  const bytes = files.get("reference.json");
  if (bytes === undefined) throw new CorruptError(`model_versions/${version} has no reference.json`);
  const parsed = Reference.safeParse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  if (!parsed.success) throw new CorruptError(`reference.json of ${version} is not valid`, { cause: parsed.error });
  return parsed.data;
}
