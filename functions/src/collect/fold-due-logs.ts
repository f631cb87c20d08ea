import type { Firestore } from "firebase-admin/firestore";
import { foldInto, MAX_DOCUMENTS, prefixWithin, touchedTraffic, touchedWindows } from "./fold.ts";
import { type DueLog, FOLD_LIMIT, type FoldStep, FoldStore } from "./fold-store.ts";
import { hourOf } from "./reconcile.ts";
import type { FoldState } from "./schema.ts";
import { foldTraffic } from "./traffic.ts";

/** Who folds, and how long at most. */
export interface FoldRun {
  /** Names this run in the lease: unique per call. */
  holder: string;
  /** Commits at most, over all shards; each takes up to 1000 logs. */
  maxSteps: number;
  /** Milliseconds to leave after every shard's last step while none has a step's 1000 logs due; 0 folds whatever is due. */
  restMs: number;
}

/** What a run did. */
export interface FoldOutcome {
  /** Logs that this run folded. */
  folded: number;
  /** Latest event time that was ever folded, imported logs left out; null before the first log. */
  lastEventAt: string | null;
  /** True when nothing that is due was left; false if that was not looked at. */
  complete: boolean;
}

/**
 * Counts mature logs into their windows, each exactly once: a step's windows and the watermark after it are one commit,
 * which holds only if the watermark is still where the step began. The lease spares two folders from working in vain;
 * nothing depends on it. What a run leaves is taken by the next one.
 */
export async function foldDueLogs(db: Firestore, run: FoldRun): Promise<FoldOutcome> {
  const store = new FoldStore(db);
  const idle = run.restMs > 0 ? await idleShards(store, run.restMs) : null;
  if (idle !== null) return idle;
  let outcome: FoldOutcome = { folded: 0, lastEventAt: null, complete: true };
  let steps = run.maxSteps;
  for (const shard of store.shards()) {
    const done = await foldShard(store, shard, { ...run, maxSteps: steps });
    steps -= done.steps;
    outcome = {
      folded: outcome.folded + done.folded,
      lastEventAt: latest([outcome.lastEventAt, done.lastEventAt]),
      complete: outcome.complete && done.complete,
    };
    // Shards are taken in one order: whoever is ahead gets through, and nobody folds what lies behind them.
    if (!done.isHeld) return outcome;
  }
  return outcome;
}

/**
 * What there is to say while every shard rests or has nothing due, or null: then all are folded, since a decision waits for every
 * shard, and shards that rested each for itself would never be through together.
 */
async function idleShards(store: FoldStore, restMs: number): Promise<FoldOutcome | null> {
  const outcome: FoldOutcome = { folded: 0, lastEventAt: null, complete: true };
  for (const shard of store.shards()) {
    const { due, rests, lastEventAt } = await store.look(shard, restMs);
    if (due >= FOLD_LIMIT || (due > 0 && !rests)) return null;
    outcome.complete &&= due === 0;
    outcome.lastEventAt = latest([outcome.lastEventAt, lastEventAt]);
  }
  return outcome;
}

async function foldShard(
  store: FoldStore,
  shard: number,
  run: FoldRun,
): Promise<FoldOutcome & { steps: number; isHeld: boolean }> {
  let state: FoldState = await store.claim(shard, run.holder);
  const outcome = { folded: 0, lastEventAt: state.last_event_at, complete: false, steps: 0, isHeld: true };
  if (state.lease?.holder !== run.holder) return { ...outcome, isHeld: false };

  let pending: readonly DueLog[] = [];
  let more = true;
  while (outcome.steps < run.maxSteps && !outcome.complete) {
    if (pending.length === 0) ({ due: pending, more } = await store.due(shard, state.watermark));
    if (pending.length === 0) {
      outcome.complete = true;
      break;
    }
    outcome.steps++;
    const step = prefix(pending);
    const complete = !more && step.length === pending.length;
    const committed = await store.commit(shard, foldStep(state, step, complete ? null : run.holder));
    if (committed === null) {
      // Another folder has moved the watermark: what was read here is counted already.
      state = await store.read(shard);
      pending = [];
      continue;
    }
    state = committed;
    pending = pending.slice(step.length);
    outcome.folded += step.length;
    outcome.complete = complete;
  }
  outcome.lastEventAt = state.last_event_at;
  if (state.lease?.holder === run.holder) await store.release(shard, run.holder);
  return outcome;
}

/** The longest run of logs, from the first on, that one commit can hold. A log that cannot be read is stepped over. */
function prefix(due: readonly DueLog[]): readonly DueLog[] {
  const readable = due.flatMap(({ log }) => log ?? []);
  const first = readable[prefixWithin(readable, MAX_DOCUMENTS)];
  return first === undefined
    ? due
    : due.slice(
        0,
        due.findIndex(({ log }) => log === first),
      );
}

function foldStep(from: FoldState, step: readonly DueLog[], holder: string | null): FoldStep {
  const end = step.at(-1);
  if (end === undefined) throw new RangeError("a step of the fold holds at least one log");
  const logs = step.flatMap(({ log }) => log ?? []);
  // An imported log is of another time: no decision is dated by it.
  const live = logs.filter(({ source }) => source === "live");
  return {
    from: from.watermark,
    to: { fold_after: end.fold_after, id: end.id },
    count: step.length,
    lastEventAt: latest(live.map((log) => log.event_at)),
    windowIds: [...new Set(logs.flatMap(touchedWindows))],
    trafficIds: [...new Set(logs.flatMap(touchedTraffic))],
    foldWindows: (windows) => foldInto(windows, logs),
    foldTraffic: (traffic) => foldTraffic(traffic, logs),
    perHour: countBy(step.flatMap(({ fold_after: at }) => hourOf(at) ?? [])),
    holder,
  };
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** The latest of ISO times of fixed width. */
function latest(times: readonly (string | null)[]): string | null {
  return times.reduce((last, time) => (time !== null && (last === null || time > last) ? time : last), null);
}
