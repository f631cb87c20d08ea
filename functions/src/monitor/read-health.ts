import type { IngestStore } from "../collect/ingest-store.ts";
import { BUCKET_SUMS, sumBuckets } from "../collect/outcomes.ts";
import type { Window } from "../collect/schema.ts";
import type { TrafficStore, WindowStore } from "../collect/store.ts";
import type { Lifecycle } from "../config.ts";
import { pairedAccuracy } from "../deploy/paired-accuracy.ts";
import { answerDrift } from "../deploy/read-evidence.ts";
import { dayOf } from "../evaluate/day-of.ts";
import { ownReference } from "../evaluate/version-in-service.ts";
import type { VersionStore } from "../registry/store.ts";
import type { Arm, Routing, ServedVersion, ServingWindow } from "../serve/schema.ts";
import type { ServingStore } from "../serve/serving-store.ts";
import { CorruptError } from "../shared/errors.ts";
import { addSums, BUCKETS } from "../shared/visitor-buckets.ts";
import { accuracyFindings, driftFindings } from "./compare-answers.ts";
import { type Compared, loggedFindings, servedOf, total } from "./compare-health.ts";
import type { HealthFinding, Served } from "./schema.ts";

const HOUR_MS = 3_600_000;
const WEEK_MS = 168 * HOUR_MS;
const WEEKS = [1, 2, 3, 4] as const;
/** Arms in which the version in service answers. */
const OWN: readonly Arm[] = ["stable", "control"];

/** Where the figures are read. */
export interface HealthSources {
  windows: WindowStore;
  traffic: TrafficStore;
  serving: ServingStore;
  ingest: IngestStore;
  versions: VersionStore;
  lifecycle: Lifecycle;
}

/** A stretch of event time, epoch ms. */
export interface Stretch {
  fromMs: number;
  toMs: number;
}

/** Serving windows of the version in service (of anybody who was, for null), and of the holdback. */
export function armsOf(
  windows: readonly ServingWindow[],
  version: ServedVersion | null,
): { own: ServingWindow[]; holdback: ServingWindow[] } {
  const isOwn = ({ assigned_version: of, arm }: ServingWindow) => OWN.includes(arm) && (version ?? of) === of;
  return { own: windows.filter(isOwn), holdback: windows.filter(({ arm }) => arm === "holdback") };
}

/** What was answered in the same stretch of the four weeks before. */
export async function servedBefore(
  { serving }: HealthSources,
  { fromMs, toMs }: Stretch,
): Promise<{ own: Served; holdback: Served }> {
  const weeks = await Promise.all(
    WEEKS.map((week) => serving.range({ fromMs: fromMs - week * WEEK_MS, toMs: toMs - week * WEEK_MS })),
  );
  const { own, holdback } = armsOf(weeks.flat(), null);
  return { own: servedOf(own), holdback: servedOf(holdback) };
}

/**
 * What the logs of a day of whole hours say, against the same hours of the four weeks before.
 * @param known versions that may have been in service then
 */
export async function readLogged(
  { windows, lifecycle }: HealthSources,
  { version, known, ...day }: Stretch & { version: ServedVersion; known: readonly ServedVersion[] },
): Promise<{ findings: HealthFinding[]; visits: number; lastHour: number }> {
  const sums = async (arm: Arm, versions: readonly ServedVersion[], back: readonly number[]): Promise<Float64Array> => {
    const found = versions.flatMap((of) =>
      back.map((weeks) => {
        const [fromMs, toMs] = [day.fromMs - weeks * WEEK_MS, day.toMs - weeks * WEEK_MS];
        return windows.range({ version: of, arm, granularity: "1h", fromMs, toMs });
      }),
    );
    return outcomesOf((await Promise.all(found)).flat());
  };
  const own = async (versions: readonly ServedVersion[], back: readonly number[]): Promise<Float64Array> => {
    const all = new Float64Array(BUCKETS * BUCKET_SUMS.length);
    for (const arm of await Promise.all(OWN.map((arm) => sums(arm, versions, back)))) addSums(all, arm);
    return all;
  };
  const compared: Compared<Float64Array> = {
    now: await own([version], [0]),
    before: await own(known, WEEKS),
    holdbackNow: await sums("holdback", ["rules"], [0]),
    holdbackBefore: await sums("holdback", ["rules"], WEEKS),
  };
  const hour = { version, granularity: "1h", fromMs: day.toMs - HOUR_MS, toMs: day.toMs } as const;
  const last = await Promise.all(OWN.map((arm) => windows.range({ ...hour, arm })));
  return {
    findings: loggedFindings(compared, "24h", lifecycle.monitoring),
    visits: total(compared.now, "visits"),
    lastHour: last.flat().reduce((sum, { visits }) => sum + visits, 0),
  };
}

/**
 * What the version in service answers to the visitors of a day: as right as `previous_good` would be, and as to its own reference.
 * A version that is damaged says nothing here: whoever loads it puts it in quarantine, and that is an alert of its own.
 */
export async function readAnswers(
  { traffic, versions, lifecycle }: HealthSources,
  { stable, previous_good: target }: Pick<Routing, "stable" | "previous_good">,
  day: Stretch,
): Promise<HealthFinding[]> {
  if (stable === "rules") return [];
  const { monitoring, triggers, training } = lifecycle;
  const { target_policy: policy } = training;
  const whole = async <T>(loaded: Promise<T>): Promise<T | undefined> =>
    loaded.catch((error: unknown) => {
      if (error instanceof CorruptError) return undefined;
      throw error;
    });
  const [own, other, hours] = await Promise.all([
    whole(versions.load(stable)),
    target === "rules" ? null : whole(versions.loadModel(target)),
    traffic.range("1h", day),
  ]);
  if (own === undefined) return [];
  const drift = answerDrift(dayOf(hours, day, { model: own.model, policy, arms: new Set() }), {
    reference: ownReference(own, triggers),
    policy: triggers.prediction_drift,
  });
  const findings = driftFindings(drift, monitoring);
  if (other === undefined || stable === target) return findings;
  const { groups } = pairedAccuracy(hours, {
    candidate: own.model,
    stable: other,
    policy,
    among: ["stable", "control"],
  });
  return [...accuracyFindings(groups, target, monitoring), ...findings];
}

function outcomesOf(windows: readonly Window[]): Float64Array {
  return sumBuckets(windows.flatMap(({ outcomes }) => outcomes?.buckets ?? []));
}
