import { floorTo, iso } from "../shared/time.ts";
import { FEEDBACK, feedbackDraw, VISITORS, visitDraw } from "./drawn-visit.ts";
import { addDraws, mergeDraws } from "./draws.ts";
import { GRANULARITIES, type InteractionLog, type Traffic } from "./schema.ts";
import { startId } from "./window.ts";

/** Which traffic document a log falls into. */
export interface TrafficKey {
  granularity: Traffic["granularity"];
  /** Epoch ms, a multiple of the granularity. */
  startMs: number;
  shard: number;
}

/** Document id: fixed width, so that ids of one granularity sort by time. */
export function trafficId({ granularity, startMs, shard }: TrafficKey): string {
  return `${granularity}.${startId(startMs)}.${shard}`;
}

/** The hour and the day of a log, by its event time. */
export function trafficKeys(log: Pick<InteractionLog, "event_at" | "shard">): TrafficKey[] {
  const eventMs = Date.parse(log.event_at);
  return (["1h", "1d"] as const).map((granularity) => ({
    granularity,
    startMs: floorTo(eventMs, GRANULARITIES[granularity]),
    shard: log.shard,
  }));
}

/** The site's traffic after these logs, by document id: what is given, with the logs counted in, and what begins with them. */
export function foldTraffic(
  before: ReadonlyMap<string, Traffic>,
  logs: readonly InteractionLog[],
): Map<string, Traffic> {
  const groups = new Map<string, { key: TrafficKey; logs: InteractionLog[] }>();
  for (const log of logs) {
    if (log.source === "import") continue;
    for (const key of trafficKeys(log)) {
      const id = trafficId(key);
      const group = groups.get(id) ?? { key, logs: [] };
      group.logs.push(log);
      groups.set(id, group);
    }
  }
  const after = new Map(before);
  for (const [id, { key, logs: own }] of groups) after.set(id, count(before.get(id) ?? emptyTraffic(key), own));
  return after;
}

/** A day as the fold would have counted it, from all its hours of one shard. */
export function dayOfTraffic(key: TrafficKey & { granularity: "1d" }, all: readonly Traffic[]): Traffic {
  const day = emptyTraffic(key);
  const inHours = all.filter((traffic) => traffic.granularity === "1h");
  const hours = Array<number>(24).fill(0);
  for (const { start, visits } of inHours) hours[new Date(start).getUTCHours()] = visits;
  return {
    ...day,
    granularity: "1d",
    hours,
    visits: hours.reduce((sum, visits) => sum + visits, 0),
    feedback: mergeDraws(
      inHours.map(({ feedback }) => feedback),
      FEEDBACK,
    ),
  };
}

function emptyTraffic({ granularity, startMs, shard }: TrafficKey): Traffic {
  const start = iso(startMs);
  const none = { schema_version: 1, start, shard, visits: 0, feedback: new Uint8Array() } as const;
  return granularity === "1h"
    ? { ...none, granularity, visitors: new Uint8Array() }
    : { ...none, granularity, hours: Array<number>(24).fill(0) };
}

function count(traffic: Traffic, logs: readonly InteractionLog[]): Traffic {
  const visits = traffic.visits + logs.length;
  const feedback = addDraws(
    traffic.feedback,
    logs.flatMap((log) => feedbackDraw(log) ?? []),
    FEEDBACK,
  );
  if (traffic.granularity === "1h") {
    return { ...traffic, visits, feedback, visitors: addDraws(traffic.visitors, logs.map(visitDraw), VISITORS) };
  }
  const hours = [...traffic.hours];
  for (const log of logs) {
    const hour = new Date(log.event_at).getUTCHours();
    hours[hour] = (hours[hour] ?? 0) + 1;
  }
  return { ...traffic, visits, feedback, hours };
}
