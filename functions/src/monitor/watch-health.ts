import type { Bucket } from "@google-cloud/storage";
import type { Firestore } from "firebase-admin/firestore";
import { FoldStore } from "../collect/fold-store.ts";
import { IngestStore } from "../collect/ingest-store.ts";
import { TrafficStore, WindowStore } from "../collect/store.ts";
import type { Lifecycle } from "../config.ts";
import { foldFault } from "../deploy/read-evidence.ts";
import { DeploymentStore } from "../deploy/store.ts";
import { refuseDamaged } from "../registry/refuse-damaged.ts";
import { VersionStore } from "../registry/store.ts";
import type { ModelChange, Routing, ServingWindow } from "../serve/schema.ts";
import { ServingStore } from "../serve/serving-store.ts";
import { RoutingStore } from "../serve/store.ts";
import { CorruptError, InputError, OvertakenError, reasonOf } from "../shared/errors.ts";
import { readLifecycle } from "../shared/lifecycle.ts";
import { floorTo, hourId, iso } from "../shared/time.ts";
import { type Compared, servedOf, servingFindings, silenceFinding } from "./compare-health.ts";
import { judgeHealth, outagesOf } from "./judge-health.ts";
import { noReturn } from "./no-return.ts";
import { armsOf, type HealthSources, readAnswers, readLogged, readSince, servedBefore } from "./read-health.ts";
import type { Health, HealthFinding, Served } from "./schema.ts";
import { HealthStore } from "./store.ts";
import { healthAlert, tellHealth } from "./tell-health.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WEEKS_MS = 28 * DAY_MS;
/** Minutes after a visit's log is mature until the fold has surely been there: it may rest for 30. */
const FOLD_MINUTES = 45;
/** Changes of the version in service that are looked back at. */
const CHANGES = 50;

type Found = Omit<Health, "schema_version" | "history">;

/**
 * Looks at the version in service, says what it sees, and returns from what does harm, once. Called again at the same time it
 * changes nothing: what was returned from is not in service any more.
 * @param now.serverMs server time, by which what was received and who returned from what is told
 * @param now.isVirtual hours of event time pass in seconds
 */
export async function watchHealth(
  db: Firestore,
  bucket: Bucket,
  now: { nowMs: number; serverMs: number; isVirtual: boolean },
): Promise<Pick<Health, "version" | "status" | "action" | "reason">> {
  const store = new HealthStore(db);
  const [lifecycle, before, routing, changes, running, fault] = await Promise.all([
    readLifecycle(db),
    store.read(),
    new RoutingStore(db).read(),
    new RoutingStore(db).changeLog(CHANGES),
    new DeploymentStore(db).running(),
    foldFault(new FoldStore(db)),
  ]);
  const sources = sourcesOf(db, bucket, lifecycle);
  const found = await look(sources, {
    before,
    routing,
    changes,
    running: running?.id,
    fault,
    ...now,
  });
  const told = await act(db, bucket, { found, routing, running: running?.id, nowMs: now.nowMs });
  if (told === undefined) return { ...found, action: "none", reason: `${found.reason}; somebody else was faster` };
  await tellHealth(db, told, before);
  await store.save(told);
  const { version, status, action, reason } = told;
  return { version, status, action, reason };
}

interface Look {
  before: Health | null;
  routing: Routing;
  changes: readonly ModelChange[];
  running: string | undefined;
  fault: string | null;
  nowMs: number;
  serverMs: number;
  isVirtual: boolean;
}

async function look(sources: HealthSources, at: Look): Promise<Found> {
  const { routing, nowMs, serverMs, before } = at;
  const { monitoring: policy } = sources.lifecycle;
  const version = routing.stable;
  const cameMs = Date.parse(at.changes.find(({ to }) => to === version)?.at ?? iso(0));
  // Under virtual time it may have come in service after "now".
  const sinceMs = cameMs > nowMs ? 0 : cameMs;
  const hourAgo = floorTo(Math.max(nowMs - HOUR_MS, sinceMs), 5 * MINUTE_MS);
  const [windows, received] = await Promise.all([
    sources.serving.range({ fromMs: hourAgo, toMs: nowMs + 5 * MINUTE_MS }),
    sources.ingest.windowsSince(floorTo(serverMs - HOUR_MS, 5 * MINUTE_MS)),
  ]);
  const kept = before?.hourly;
  const isKept = kept?.hour === hourId(nowMs) && kept.version === version;
  const hourly = isKept ? kept : await readHourly(sources, at, sinceMs);
  const last = windows.filter(({ start }) => Date.parse(start) >= floorTo(nowMs, 5 * MINUTE_MS) - 5 * MINUTE_MS);
  const usual = { before: hourly.before.own, holdbackBefore: hourly.before.holdback };
  const compared = (of: readonly ServingWindow[]): Compared<Served> => {
    const { own, holdback } = armsOf(of, version);
    return { now: servedOf(own), holdbackNow: servedOf(holdback), ...usual };
  };
  const [minutes, hour] = [compared(last), compared(windows)];
  const judged = [["5m", minutes] as const, ["1h", hour] as const].flatMap(([span, of]) =>
    servingFindings(of, { span, latest: minutes.now, policy }),
  );
  const findings = [...judged, ...hourly.findings];
  const since = (known: string | null | undefined, isSo: (finding: HealthFinding) => boolean): string | null =>
    findings.some(isSo) ? ((before?.version === version ? known : null) ?? iso(nowMs)) : null;
  const slowSince = since(before?.slow_since, ({ metric, whose }) => metric === "latency" && whose === "model");
  const fallbacksSince = since(
    before?.fallbacks_since,
    ({ metric, severity }) => metric === "fallbacks" && severity === "high",
  );
  const served = servedOf(windows);
  const machinery = {
    fold: at.fault,
    served: served.predictions,
    stale: served.stale,
    received: received.reduce((sum, { accepted, quarantined, rejected }) => sum + accepted + quarantined + rejected, 0),
    refused: received.reduce((sum, { quarantined, rejected }) => sum + quarantined + rejected, 0),
  };
  const all = [...hourly.outages, ...outagesOf({ ...machinery, answered: 0, logged: 0 })];
  const facts = {
    version,
    outages: all,
    findings,
    slowSinceMs: slowSince === null ? null : Date.parse(slowSince),
    fallbacksSinceMs: fallbacksSince === null ? null : Date.parse(fallbacksSince),
    deploying: at.running !== undefined,
    noReturn: noReturn(at, policy.no_return_hours),
    enough: hour.now.predictions >= policy.min_visits,
  };
  const verdict = judgeHealth(facts, policy, nowMs);
  const sinces = { slow_since: slowSince, fallbacks_since: fallbacksSince };
  return { at: iso(nowMs), version, ...verdict, outages: all, findings, ...sinces, hourly };
}

/** Once an hour: the usual answers of the hour, and what the logs of the last 24 whole hours say. */
async function readHourly(
  sources: HealthSources,
  { routing, changes, nowMs, isVirtual }: Look,
  sinceMs: number,
): Promise<Health["hourly"]> {
  const version = routing.stable;
  const matureMs = nowMs - (sources.lifecycle.collect.maturity_minutes + FOLD_MINUTES) * MINUTE_MS;
  const toMs = floorTo(matureMs, HOUR_MS);
  const fromMs = Math.max(toMs - DAY_MS, Math.ceil(sinceMs / HOUR_MS) * HOUR_MS);
  const usualMs = floorTo(nowMs, HOUR_MS);
  const before = await servedBefore(sources, { fromMs: usualMs - HOUR_MS, toMs: usualMs + HOUR_MS });
  const hourly = {
    hour: hourId(nowMs),
    version,
    before,
    findings: [],
    outages: [],
    says: `in service since ${iso(sinceMs)}`,
  };
  if (fromMs >= toMs) return hourly;
  const recent = changes.filter(({ at }) => Date.parse(at) > nowMs - WEEKS_MS);
  const known = [...new Set([version, ...recent.flatMap(({ from, to }) => [from, to])])];
  const [{ findings, visits, logged }, slow, answers, served] = await Promise.all([
    readLogged(sources, { version, known, fromMs, toMs }),
    readSince(sources, { version, changes, sinceMs, matureMs }),
    readAnswers(sources, routing, { fromMs, toMs }),
    sources.serving.range({ fromMs: toMs - HOUR_MS, toMs }),
  ]);
  const { own, holdback } = armsOf(served, version);
  const answered = servedOf(own).predictions;
  const none = { fold: null, served: 0, stale: 0, received: 0, refused: 0 };
  // Instances keep their counters for half a minute of the server's time, in which virtual hours pass.
  const uncounted = isVirtual && answered === 0;
  const all = { answered: answered + servedOf(holdback).predictions, logged: logged.own + logged.holdback };
  const outages = uncounted ? [] : outagesOf({ ...none, ...all });
  const silent = silenceFinding({ answered, logged: logged.own, holdbackLogged: logged.holdback });
  const says = `${visits} logged visits from ${iso(fromMs)} to ${iso(toMs)}`;
  return { ...hourly, findings: [...silent, ...findings, ...slow, ...answers], outages, says };
}

/** Carries the verdict out; what cannot be is told instead. Undefined when what was judged is not in service any more. */
async function act(
  db: Firestore,
  bucket: Bucket,
  { found, routing, running, nowMs }: { found: Found; routing: Routing; running: string | undefined; nowMs: number },
): Promise<Found | undefined> {
  const deployments = new DeploymentStore(db);
  const reason = `monitoring: ${found.reason}`.slice(0, 500);
  try {
    if (found.action === "abort" && running !== undefined) {
      await deployments.abort({ id: running, by: "system", reason, nowMs });
    }
    if (found.action === "roll_back") {
      const { stable: from, previous_good: target } = routing;
      const versions = new VersionStore(db, bucket);
      await reachStorage(versions, from);
      await refuseDamaged(versions, target, { path: "previous_good", cannot: "be returned to" });
      await deployments.rollBack({ target, from, who: "system", reason, nowMs, alert: healthAlert(found) });
    }
    return found;
  } catch (error) {
    if (error instanceof OvertakenError) return undefined;
    // Whatever it is, a person must hear that a harmful version is still in service.
    return { ...found, action: "alert", reason: `${found.reason}; ${reasonOf(error)}` };
  }
}

/**
 * Makes sure that the files of a version can be asked for at all: where they cannot, that is why instances answer by something else, and no
 * fault of the version. Damage is.
 * @throws whatever keeps Storage from answering
 */
async function reachStorage(versions: VersionStore, version: string): Promise<void> {
  if (version === "rules") return;
  try {
    await versions.load(version, "every");
  } catch (error) {
    if (!(error instanceof CorruptError || error instanceof InputError)) throw error;
  }
}

function sourcesOf(db: Firestore, bucket: Bucket, lifecycle: Lifecycle): HealthSources {
  return {
    windows: new WindowStore(db),
    traffic: new TrafficStore(db),
    serving: new ServingStore(db),
    ingest: new IngestStore(db),
    versions: new VersionStore(db, bucket),
    lifecycle,
  };
}
