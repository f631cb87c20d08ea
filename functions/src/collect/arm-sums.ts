import { SERVED_SUMS, type ServingWindow } from "../serve/schema.ts";
import { addSums, BUCKETS, openBuckets } from "../shared/visitor-buckets.ts";
import { UNITS } from "./analysed.ts";
import { decodeDraws } from "./draws.ts";
import { BUCKET_SUMS, sumBuckets } from "./outcomes.ts";
import { HOUR_MS } from "./reconcile.ts";
import type { Window } from "./schema.ts";
import { estimate } from "./sketch.ts";
import { KEPT_REVISIONS, mergeRevisions } from "./window.ts";

/** What one arm did under one routing revision: its mature logs, and what the instances that served it have counted. */
export interface ArmSums {
  /** Distinct visitors with a mature log, and their visits. */
  visitors: number;
  visits: number;
  /** BUCKETS x BUCKET_SUMS (outcomes.ts). */
  outcomes: Float64Array;
  /** Distinct visitors with at least one error, and with at least one negative feedback. */
  erred: number;
  negative: number;
  /** A uniform sample of the visitors: their 64-bit hashes, ascending, the least 1024 of them. */
  sample: BigUint64Array;
  /** BUCKETS x SERVED_SUMS (serve/schema.ts): every answer so far, mature or not. */
  served: Float64Array;
  /** BUCKETS x [predictions, logs] of those hours whose logs have all come: what has none by now is a visit without a log. */
  matched: Float64Array;
}

/** The revision that the stretch of a revision is named for, or null for one that does not count. */
export type StretchOf = (revision: number) => number | null;

/** Arms that are compared, under one routing revision: the split does not change within it. */
export interface Stratum {
  revision: number;
  /** Of the treatment, 0-1; the control has one half while it is at most one half, and is null above. */
  share: number;
  control: ArmSums | null;
  treatment: ArmSums;
}

/**
 * What one arm did, by routing revision: all in which something was answered or has a mature log. Revisions under which nobody's
 * chances of an arm changed are one stretch where `stretchOf` says so: their visitors are the same, and counted once.
 * @param windows of one hour, of one version and arm, all shards
 * @param serving of the same version and arm, all instances
 * @param options.stretchOf the revision that a stretch is named for, null to leave one out; each is its own where it is not told
 * @param options.matchedUntilMs event time, epoch ms: of hours that end by then, all logs that come have come
 */
export function armSums(
  windows: readonly Window[],
  serving: readonly ServingWindow[],
  { matchedUntilMs, stretchOf = (revision) => revision }: { matchedUntilMs: number; stretchOf?: StretchOf },
): Map<number, ArmSums> {
  const hours = byHour(windows, serving);
  const matching = hours.filter(({ startMs }) => startMs + HOUR_MS <= matchedUntilMs);
  const logged = windows.map(({ by_revision }) => analysedOnly(by_revision));
  const named = [...logged, ...serving.map(({ by_revision = {} }) => by_revision)].flatMap((of) => Object.keys(of));
  const stretches = new Map<number, string[]>();
  for (const revision of new Set(named)) {
    const stretch = stretchOf(Number(revision));
    if (stretch !== null) stretches.set(stretch, [...(stretches.get(stretch) ?? []), revision]);
  }
  const counted = mergeRevisions(logged.flatMap((of) => inStretches(of, stretchOf)));
  return new Map(
    [...stretches].map(([stretch, revisions]): [number, ArmSums] => {
      const { visits = 0, units, analysed } = counted[String(stretch)] ?? {};
      return [
        stretch,
        {
          visitors: units === undefined ? 0 : estimate(units),
          visits,
          outcomes: sumBuckets(analysed === undefined ? [] : [analysed.buckets]),
          erred: analysed === undefined ? 0 : estimate(analysed.erred),
          negative: analysed === undefined ? 0 : estimate(analysed.negative),
          sample: BigUint64Array.from(decodeDraws(analysed?.sample ?? new Uint8Array(), UNITS), ({ unit }) => unit),
          served: added(revisions.map((revision) => sumServed(serving, revision))),
          matched: added(revisions.map((revision) => sumMatched(matching, revision))),
        },
      ];
    }),
  );
}

/** An arm over several strata, of which there is at least one, as one; who was there in two of them counts twice. */
export function addArms(arms: readonly ArmSums[]): ArmSums {
  const sum = (of: (arm: ArmSums) => number): number => arms.reduce((all, arm) => all + of(arm), 0);
  const units = [...new Set(arms.flatMap(({ sample }) => [...sample]))].sort((a, b) => (a < b ? -1 : 1));
  return {
    visitors: sum(({ visitors }) => visitors),
    visits: sum(({ visits }) => visits),
    outcomes: added(arms.map(({ outcomes }) => outcomes)),
    erred: sum(({ erred }) => erred),
    negative: sum(({ negative }) => negative),
    sample: BigUint64Array.from(units.slice(0, UNITS.limit)),
    served: added(arms.map(({ served }) => served)),
    matched: added(arms.map(({ matched }) => matched)),
  };
}

/**
 * How many visitors each arm has in a sample that is drawn alike from all of them: those up to the least of the largest hashes
 * that the full samples hold. So they are the first visitors of a random order, until one arm has as many as are kept. Counts of
 * all visitors would be estimates, whose errors a test of the split would take for a mismatch.
 *
 * Coordinated bottom-k samples: Cohen and Kaplan 2007, as in draws.ts.
 * @param samples `ArmSums.sample` of each arm
 */
export function commonSample(samples: readonly BigUint64Array[]): number[] {
  const last = samples.flatMap((sample) => sample[UNITS.limit - 1] ?? []);
  return samples.map((sample) => sample.filter((unit) => last.every((threshold) => unit <= threshold)).length);
}

/** An hour of event time: its windows of all shards, and what all instances have answered in it. */
interface Hour {
  startMs: number;
  windows: Window[];
  serving: ServingWindow[];
}

function byHour(windows: readonly Window[], serving: readonly ServingWindow[]): Hour[] {
  const hours = new Map<number, Hour>();
  const hourOf = (start: string): Hour => {
    const startMs = Math.floor(Date.parse(start) / HOUR_MS) * HOUR_MS;
    const hour = hours.get(startMs) ?? { startMs, windows: [], serving: [] };
    hours.set(startMs, hour);
    return hour;
  };
  for (const window of windows) hourOf(window.start).windows.push(window);
  for (const window of serving) hourOf(window.start).serving.push(window);
  return [...hours.values()];
}

/** Revisions of a window under the names of their stretches, each a record of its own. */
function inStretches(revisions: Window["by_revision"], stretchOf: StretchOf): Window["by_revision"][] {
  return Object.entries(revisions).flatMap(([revision, of]) => {
    const stretch = stretchOf(Number(revision));
    return stretch === null ? [] : [{ [stretch]: of }];
  });
}

function added(all: readonly Float64Array[]): Float64Array {
  const sums = new Float64Array(all[0]?.length ?? 0);
  for (const one of all) addSums(sums, one);
  return sums;
}

/** Without what a window no longer tells, or never did: its visits must not be set against sums that lack them. */
function analysedOnly(revisions: Window["by_revision"]): Window["by_revision"] {
  return Object.fromEntries(Object.entries(revisions).filter(([, { analysed }]) => analysed !== undefined));
}

function sumServed(serving: readonly ServingWindow[], revision: string): Float64Array {
  const sums = new Float64Array(BUCKETS * SERVED_SUMS.length);
  for (const { by_revision: revisions } of serving) {
    addSums(sums, openBuckets(revisions?.[revision] ?? new Uint8Array(), SERVED_SUMS.length));
  }
  return sums;
}

/** Predictions and logs of hours that tell both: where either was counted by an earlier release, nothing would be missing. */
function sumMatched(hours: readonly Hour[], revision: string): Float64Array {
  const matched = new Float64Array(BUCKETS * 2);
  for (const { windows, serving } of hours) {
    const known = windows.every((window) => tells(window, revision)) && serving.every((of) => of.by_revision);
    if (!known) continue;
    const served = sumServed(serving, revision);
    const logged = sumBuckets(windows.flatMap(({ by_revision }) => by_revision[revision]?.analysed?.buckets ?? []));
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      matched[2 * bucket] = (matched[2 * bucket] ?? 0) + (served[bucket * SERVED_SUMS.length] ?? 0);
      matched[2 * bucket + 1] = (matched[2 * bucket + 1] ?? 0) + (logged[bucket * BUCKET_SUMS.length] ?? 0);
    }
  }
  return matched;
}

/** Whether a window says all that it has of a revision: that there is nothing of it, too, unless it may have been dropped. */
function tells({ by_revision: revisions }: Window, revision: string): boolean {
  const own = revisions[revision];
  if (own !== undefined) return own.analysed !== undefined;
  const kept = Object.keys(revisions).map(Number);
  return kept.length < KEPT_REVISIONS || Number(revision) > Math.min(...kept);
}
