import { outcomesOf } from "../collect/arm-means.ts";
import type { IngestStore } from "../collect/ingest-store.ts";
import type { TrafficStore, WindowStore } from "../collect/store.ts";
import type { Lifecycle } from "../config.ts";
import { pairedAccuracy } from "../deploy/paired-accuracy.ts";
import { answerDrift } from "../deploy/read-evidence.ts";
import { dayOf } from "../evaluate/day-of.ts";
import { ownReference } from "../evaluate/version-in-service.ts";
import type { VersionStore } from "../registry/store.ts";
import type { Arm, ModelChange, Routing, ServedVersion, ServingWindow } from "../serve/schema.ts";
import type { ServingStore } from "../serve/serving-store.ts";
import { CorruptError } from "../shared/errors.ts";
import { accuracyFindings, driftFindings } from "./compare-answers.ts";
import { type Compared, loggedFindings, servedOf, total } from "./compare-health.ts";
import type { HealthFinding, Served } from "./schema.ts";
import { type Stretch, wholeWeeks } from "./whole-weeks.ts";

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
 * What the logs of a day of whole hours say, against the same hours of the four weeks before, and how many its last hour has.
 * @param known versions that may have been in service then
 */
export async function readLogged(
  { windows, lifecycle }: HealthSources,
  { version, known, ...day }: Stretch & { version: ServedVersion; known: readonly ServedVersion[] },
): Promise<{ findings: HealthFinding[]; visits: number; logged: { own: number; holdback: number } }> {
  const back = (weeks: number): Stretch => ({ fromMs: day.fromMs - weeks * WEEK_MS, toMs: day.toMs - weeks * WEEK_MS });
  const compared = await readCompared(windows, "1h", {
    now: { versions: [version], stretches: [day] },
    before: { versions: known, stretches: WEEKS.map(back) },
  });
  const hour = { granularity: "1h", fromMs: day.toMs - HOUR_MS, toMs: day.toMs } as const;
  const count = async (of: ServedVersion, arms: readonly Arm[]): Promise<number> => {
    const found = await Promise.all(arms.map((arm) => windows.range({ ...hour, version: of, arm })));
    return found.flat().reduce((sum, { visits }) => sum + visits, 0);
  };
  const [own, holdback] = await Promise.all([count(version, OWN), count("rules", ["holdback"])]);
  return {
    findings: loggedFindings(compared, "24h", lifecycle.monitoring),
    visits: total(compared.now, "visits"),
    logged: { own, holdback },
  };
}

/**
 * What the logs of whole weeks say since the version came in service, against the four weeks before that: a slow decay is in
 * the weeks before each of its days, too, and only here it is not.
 * @param changes of the version in service, the newest first
 */
export async function readSince(
  { windows, lifecycle }: HealthSources,
  {
    version,
    changes,
    sinceMs,
    matureMs,
  }: { version: ServedVersion; changes: readonly ModelChange[]; sinceMs: number; matureMs: number },
): Promise<HealthFinding[]> {
  const weeks = wholeWeeks({ sinceMs, matureMs });
  if (weeks === null) return [];
  const { now, before } = weeks;
  const earlier = changes.filter(({ at }) => Date.parse(at) > before.fromMs && Date.parse(at) <= sinceMs);
  const versions = [...new Set(earlier.flatMap(({ from, to }) => (to === version ? [from] : [from, to])))];
  const compared = await readCompared(windows, "1d", {
    now: { versions: [version], stretches: [now] },
    before: { versions, stretches: [before] },
  });
  return loggedFindings(compared, "since", lifecycle.monitoring);
}

interface Part {
  versions: readonly ServedVersion[];
  stretches: readonly Stretch[];
}

/** Figures of those in service, now and before, and of the holdback at the same times. */
async function readCompared(
  windows: WindowStore,
  granularity: "1h" | "1d",
  { now, before }: { now: Part; before: Part },
): Promise<Compared<Float64Array>> {
  const sums = async (arms: readonly Arm[], { versions, stretches }: Part): Promise<Float64Array> => {
    const found = arms.flatMap((arm) =>
      versions.flatMap((version) =>
        stretches.map((stretch) => windows.range({ version, arm, granularity, ...stretch })),
      ),
    );
    return outcomesOf((await Promise.all(found)).flat());
  };
  const holdback = ({ stretches }: Part) => sums(["holdback"], { versions: ["rules"], stretches });
  const [ownNow, ownBefore, holdbackNow, holdbackBefore] = await Promise.all([
    sums(OWN, now),
    sums(OWN, before),
    holdback(now),
    holdback(before),
  ]);
  return { now: ownNow, before: ownBefore, holdbackNow, holdbackBefore };
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
