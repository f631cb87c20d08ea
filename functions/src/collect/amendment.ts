import { fnv1a32 } from "../shared/fnv.ts";
import { iso } from "../shared/time.ts";
import type { JudgedLog } from "./judge-log.ts";
import { InteractionLog } from "./schema.ts";

/** What a stored log must tell for a new one of the same prediction to be placed. */
export const StoredState = InteractionLog.pick({ seq: true, body_hash: true, fold_after: true, shard: true });
export type StoredState = Pick<InteractionLog, keyof typeof StoredState.shape>;

/** What became of a valid log: only `accepted` and `amended` are written. */
export type Placement = "accepted" | "amended" | "duplicate" | "late_amendment" | "conflict";

export interface Arrival {
  /** Server time at which the log is about to be written. */
  nowMs: number;
  /** Minutes after the prediction until a log counts. */
  maturityMinutes: number;
  /** Shard of a log that is new. */
  shard: number;
}

/** One prediction, one log: the highest `seq` counts, until the log is mature. */
export function placeLog(
  stored: StoredState | undefined,
  log: JudgedLog,
  { nowMs }: Pick<Arrival, "nowMs">,
): Placement {
  if (stored === undefined) return "accepted";
  if (log.body_hash === stored.body_hash || log.seq < stored.seq) return "duplicate";
  if (log.seq === stored.seq) return "conflict";
  return nowMs < Date.parse(stored.fold_after) ? "amended" : "late_amendment";
}

/**
 * The log as it is stored. An amendment stays where the first log was: it is folded at the same place of the queue, and
 * so exactly once.
 */
export function arrivedLog(stored: StoredState | undefined, log: JudgedLog, arrival: Arrival): InteractionLog {
  const matureMs = Date.parse(log.issued_at) + arrival.maturityMinutes * 60_000;
  return {
    ...log,
    received_at: iso(arrival.nowMs),
    fold_after: stored?.fold_after ?? iso(Math.max(arrival.nowMs, matureMs)),
    shard: stored?.shard ?? arrival.shard,
  };
}

/** What became of all logs of one prediction, in the order in which they came, and the log to write, if any. */
export function placeLogs(
  stored: StoredState | undefined,
  logs: readonly JudgedLog[],
  arrival: Arrival,
): { placements: Placement[]; write: InteractionLog | undefined } {
  let write: InteractionLog | undefined;
  const placements = logs.map((log) => {
    const current = write ?? stored;
    const placement = placeLog(current, log, arrival);
    if (placement === "accepted" || placement === "amended") write = arrivedLog(current, log, arrival);
    return placement;
  });
  return { placements, write };
}

/** Shard of a new log: ids are random, so their hash spreads evenly. */
export function shardOf(predictionId: string, shards: number): number {
  return fnv1a32(predictionId) % shards;
}
