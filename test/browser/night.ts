import { randomBytes } from "node:crypto";
import { opened } from "../../functions/src/deploy/apply.ts";
import type { Analysis, Deployment, MetricFigure } from "../../functions/src/deploy/schema.ts";
import type { Experiment, ExperimentFigure } from "../../functions/src/experiment/schema.ts";
import type { Health } from "../../functions/src/monitor/schema.ts";
import { type Publication, VersionStore } from "../../functions/src/registry/store.ts";
import type { Routing } from "../../functions/src/serve/schema.ts";
import { RoutingStore, revised } from "../../functions/src/serve/store.ts";
import { type AlertContent, raiseAlert } from "../../functions/src/shared/alert.ts";
import { bucket, database } from "../../functions/src/shared/firestore.ts";
import type { Heartbeat } from "../../functions/src/shared/schema.ts";
import { iso } from "../../functions/src/shared/time.ts";
import { putRouting } from "../routing.ts";
import { someBegin, someExperimentAnalysis } from "../some-experiment.ts";
import { someFiles, somePublication } from "../some-version.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STAGE = "engagement, latency and errors are good enough beyond doubt at 5 %";
const db = database();

/** What somebody finds at night: a version in service, its successor at 10 %, and alerts. */
export interface Night {
  serving: string;
  candidate: string;
  routing: Routing;
}

/** Puts it there, beside nothing that other tests have left. */
export async function fallNight(): Promise<Night> {
  for (const left of ["deployments", "experiments", "alerts", "alert_deliveries", "model_versions", "change_log"])
    await db.recursiveDelete(db.collection(left));
  const nowMs = Date.now();
  const serving = await publish(nowMs - 9 * DAY, {});
  const candidate = await publish(nowMs - 7 * HOUR, {
    lineage: { ...somePublication("").lineage, kind: "incremental", parent: serving },
    gate: {
      verdict: "better",
      reason:
        "log-loss falls by 0.041 (0.018 to 0.066) and accuracy of density is 2.3 points higher; no segment loses more than 5 points",
      against: serving,
      accuracy_difference: 0.023,
      sessions: 1840,
      log_loss_improvement: { value: 0.041, low: 0.018, high: 0.066 },
    },
  });
  await publish(nowMs - 2 * DAY, {
    gate: {
      verdict: "not_better",
      reason: "accuracy of density is 0.2 points lower, within noise",
      against: serving,
      accuracy_difference: -0.002,
      sessions: 1620,
    },
  });
  await putRouting({ stable: serving, previous_good: "rules" });
  const canary = { deployment: `d.${candidate}`, version: candidate, share: 0.1, salt: "s" };
  await new RoutingStore(db).change(({ routing: before }) => ({
    next: revised(before, { canary }, { who: "system", reason: STAGE, nowMs }),
    who: "system",
    action: "test",
    details: {},
  }));
  const routing = await new RoutingStore(db).read();
  await db.doc(`deployments/d.${candidate}`).set(deploymentOf(candidate, { serving, routing, nowMs }));
  await db.doc("health/live").set(healthOf(serving, nowMs));
  await beat(nowMs - 2 * MINUTE);
  await alertSince(nowMs - 7 * HOUR, {
    severity: "low",
    kind: "importance_changed",
    subject: `model_versions/${candidate}`,
    message: `${candidate} looks at other features than its parent: hour_of_day appeared, viewport_width fell from 31 to 12 % of the gain`,
    to_do: "Read its model card.",
    details: {},
  });
  await alertSince(nowMs - 12 * MINUTE, {
    severity: "high",
    kind: "monitor_harm",
    subject: serving,
    message: `${serving} answers 61 ms slower than at the same hours of the four weeks before, for 12 minutes; nothing was changed, since 30 minutes are not over`,
    to_do: "Look at health/live; rollback, if it does not pass by itself.",
    details: { latency_ms: 61 },
  });
  await alertSince(nowMs - 2 * HOUR, {
    severity: "medium",
    kind: "config_edit_refused",
    subject: "config/lifecycle",
    message: "an edit of config/lifecycle was put back, it was never in force: training.rounds: must be a number",
    to_do: "Put the fields right, and save again.",
    details: {},
  });
  return { serving, candidate, routing };
}

/** Raises an alert as if it had been raised before. */
async function alertSince(sinceMs: number, content: AlertContent): Promise<void> {
  await raiseAlert(db, content);
  const { docs } = await db.collection("alerts").where("kind", "==", content.kind).get();
  for (const { ref } of docs) await ref.update({ at: iso(sinceMs), last_at: iso(sinceMs) });
}

/** A sign of life of monitorHealth. */
export async function beat(atMs: number): Promise<void> {
  const heartbeat: Heartbeat = { schema_version: 1, at: iso(atMs), by: "monitor", failed: [], silent_since: null };
  await db.doc("heartbeats/monitor").set(heartbeat);
}

/** Puts an experiment there that runs, as it is read; the routing does not name it. */
export async function runExperiment(version: string): Promise<void> {
  const nowMs = Date.now();
  const { hours: _, ...begin } = someBegin({
    id: "larger-letters",
    hypothesis: "Larger letters keep people reading.",
    reason: "asked for by design",
    arms: [
      { name: "control", version: "rules", share: 0.9 },
      { name: "large", version, share: 0.1 },
    ],
  });
  const figure: ExperimentFigure = {
    arm: "large",
    metric: "engagement",
    primary: true,
    group: null,
    finding: "unsure",
    found_by: null,
    n: { control: 9120, treatment: 1034 },
    control: 0.412,
    treatment: 0.431,
    difference: 0.019,
    effect: 0.019,
    standard_error: 0.012,
    worth: 929,
    relative: { effect: 0.046, lower: -0.011, upper: 0.103 },
    sequential: { lower: -0.014, upper: 0.052, p: 0.31, adjusted: 0.31 },
    horizon: null,
    cuped: { used: false, reduction: null, reason: "too few came back" },
    reason: "engagement: 43.1 % against 41.2 %, +1.9 points (-1.4 to +5.2)",
  };
  const experiment: Experiment = {
    schema_version: 1,
    ...begin,
    phase: "running",
    started_at: iso(nowMs - 9 * HOUR),
    ends_at: iso(nowMs + 15 * HOUR),
    extended_at: null,
    steps: [{ revision: 1, shares: [0.9, 0.1], since: iso(nowMs - 9 * HOUR) }],
    earlier: null,
    analysis: {
      ...someExperimentAnalysis(iso(nowMs - 20 * MINUTE), "keep_running"),
      recommendation: { action: "keep_running", arm: null, reasons: ["the horizon is not reached"] },
      arms: [
        { name: "control", visitors: 4210, visits: 9120 },
        { name: "large", visitors: 466, visits: 1034 },
      ],
      figures: [
        figure,
        {
          ...figure,
          metric: "errors",
          primary: false,
          effect: 0.001,
          sequential: null,
          reason: "errors: 4 of 466 visitors against 31 of 4210",
        },
      ],
    },
    log: [{ at: iso(nowMs - 9 * HOUR), action: "start", reason: "asked for by design", by: "uid" }],
    deployment: null,
    ended_at: null,
  };
  await db.doc(`experiments/${experiment.id}`).set(experiment);
}

async function publish(createdMs: number, differences: Partial<Publication>): Promise<string> {
  const { version, files } = someFiles(createdMs, randomBytes(8).toString("hex"));
  await new VersionStore(db, bucket()).publish(somePublication(version, differences), files);
  await db.doc(`model_versions/${version}`).update({ created_at: iso(createdMs) });
  return version;
}

function deploymentOf(
  version: string,
  { serving, routing, nowMs }: { serving: string; routing: Routing; nowMs: number },
): Deployment {
  const asked = { id: `d.${version}`, version, previous: serving, requested_by: "system", salt: "s" };
  const reason = "log-loss falls by 0.041 (0.018 to 0.066) and accuracy of density is 2.3 points higher";
  const born = opened({ ...asked, reason, stages: [0.05, 0.1, 0.25, 0.5, 1] }, nowMs - 6 * HOUR);
  const line = (hours: number, action: string, why: string) => ({
    at: iso(nowMs - hours * HOUR),
    action,
    reason: why,
    by: "system",
  });
  return {
    ...born,
    phase: "rolling",
    stage: 1,
    stage_since: iso(nowMs - HOUR),
    stage_revision: routing.revision,
    steps: [{ revision: routing.revision, stage: 1, share: 0.1, since: iso(nowMs - HOUR) }],
    checks: [
      { name: "model_loading", ok: true, message: "every file is as its checksum says", figures: { files: 5 } },
      { name: "parity", ok: true, message: "200 answers are the module's own, bit for bit", figures: { rows: 200 } },
    ],
    forecast: {
      visitors_per_hour: 2000,
      visits_per_hour: 4800,
      rates: {},
      harms: [],
      hours_to_promote: 11.3,
      hours_to_roll_back: 10.8,
      says: "at 2,000 visitors an hour a good candidate has everybody after 11.3 hours",
    },
    analysis: analysisOf(nowMs),
    log: [
      ...born.log,
      line(5.9, "start", "all 6 checks have passed"),
      line(3.4, "advance", "2.5 hours and 1,204 visitors in the shadow; accuracy is not worse"),
      line(1, "advance", STAGE),
    ],
  };
}

function analysisOf(nowMs: number): Analysis {
  const figure = (metric: MetricFigure["metric"], differences: Partial<MetricFigure>): MetricFigure => ({
    metric,
    scope: "all",
    finding: "unsure",
    estimate: 0.006,
    lower: -0.041,
    upper: 0.053,
    margin: -0.03,
    control: 0.412,
    treatment: 0.418,
    n: 214,
    reason: "engagement: 41.8 % against 41.2 %, +0.6 points, at least −4.1",
    dry_run: false,
    ...differences,
  });
  return {
    at: iso(nowMs - 4 * MINUTE),
    verdict: "inconclusive",
    severity: null,
    reason: "engagement is not yet known to be above −3 points (+0.6, at least −4.1): 214 of 300 visitors",
    visitors: { control: 1071, treatment: 214 },
    figures: [
      figure("engagement", {}),
      figure("latency", {
        finding: "passed",
        estimate: 0.8,
        lower: -1.9,
        upper: 3.4,
        reason: "latency: 41.3 ms against 40.5 ms, +0.8 ms, at most 3.4",
      }),
      figure("errors", {
        finding: "passed",
        estimate: -0.001,
        lower: null,
        upper: null,
        reason: "errors: 0 of 214 visitors against 1 of 1071, evidence of more 0.8",
      }),
    ],
  };
}

function healthOf(version: string, nowMs: number): Health {
  const served = { predictions: 0, fallbacks: 0, stale: 0, latency: { n: 0, mean: 0, variance: 0 } };
  const verdict = { at: iso(nowMs - 2 * MINUTE), version, status: "warning", action: "alert" } as const;
  const reason = "answers take 61 ms longer than at the same hours of the four weeks before, for 12 minutes";
  return {
    schema_version: 1,
    ...verdict,
    reason,
    outages: [],
    findings: [{ metric: "latency", span: "5m", severity: "medium", whose: "model", reason }],
    slow_since: iso(nowMs - 12 * MINUTE),
    fallbacks_since: null,
    hourly: {
      hour: iso(nowMs - HOUR),
      version,
      findings: [],
      outages: [],
      before: { own: served, holdback: served },
      says: "18,204 visits of the last 24 hours: engagement, errors and accuracy are as they were",
    },
    history: [
      { at: iso(nowMs - 5 * DAY), version, status: "ok", action: "none", reason: "nothing is worse than it may be" },
      { ...verdict, reason },
    ],
  };
}
