import type { Bucket } from "@google-cloud/storage";
import type { Firestore } from "firebase-admin/firestore";
import { TrafficStore, WindowStore } from "../collect/store.ts";
import type { Lifecycle } from "../config.ts";
import { gainShares } from "../model/importance.ts";
import { VersionStore } from "../registry/store.ts";
import type { Routing } from "../serve/schema.ts";
import { ServingStore } from "../serve/serving-store.ts";
import { floorTo } from "../shared/time.ts";
import { dayOf, feedbackOf, type Judge, volumeOf } from "./day-of.ts";
import type { Days, Importances } from "./drift-section.ts";
import { judgeDay } from "./judge-day.ts";
import { answered, loggedVisits } from "./logged.ts";
import type { LoggedVisits } from "./schema.ts";
import { volumeFindings } from "./seasonal.ts";
import { spansSince } from "./spans.ts";
import type { TriggerFacts } from "./triggers.ts";
import { versionInService } from "./version-in-service.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const FEEDBACK_DAYS = 7;
/** Four weeks before the earliest of three days, and as much as tells what was before a training. */
const VOLUME_DAYS = 60;

/** What the site's traffic says at the time of a decision. */
export type TrafficFacts = Pick<TriggerFacts, "days" | "feedback" | "volume"> & {
  /** Share of the gain of the version in service that each feature makes; null while that is the rules. */
  importances: Importances | null;
  /** Visits with and without a log of the last hour that is mature. */
  logged: LoggedVisits[];
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
  const [inService, hours, days, recent, logged] = await Promise.all([
    versionInService(new VersionStore(db, bucket), routing.stable, policy),
    traffic.range("1h", { fromMs: toMs - 3 * DAY_MS, toMs }),
    traffic.range("1d", { fromMs: floorTo(toMs - VOLUME_DAYS * DAY_MS, DAY_MS), toMs }),
    recentFeedback(traffic, toMs),
    loggedInHour(db, { fromMs: toMs - HOUR_MS, toMs }),
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
    logged,
  };
}

/** Stable and control traffic; at 100 % everybody but the holdback. */
function judgedArms({ canary }: Routing): Judge["arms"] {
  return new Set(canary?.share === 1 ? ["stable", "control", "treatment"] : ["stable", "control"]);
}

async function loggedInHour(db: Firestore, hour: { fromMs: number; toMs: number }): Promise<LoggedVisits[]> {
  const serving = await new ServingStore(db).range(hour);
  const windows = new WindowStore(db);
  const of = answered(serving).map((served) => windows.range({ ...served, granularity: "1h", ...hour }));
  return loggedVisits(serving, (await Promise.all(of)).flat());
}

/** Feedback of the last seven days, by documents that do not overlap. */
async function recentFeedback(traffic: TrafficStore, toMs: number) {
  const spans = spansSince(toMs - FEEDBACK_DAYS * DAY_MS, toMs - 1);
  const found = await Promise.all(
    spans.flatMap(({ granularity, ...range }) => (granularity === "5m" ? [] : [traffic.range(granularity, range)])),
  );
  return found.flat();
}
