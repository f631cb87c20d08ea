import type { ServingStore } from "../serve/serving-store.ts";
import { type ArmSums, armSums, type StretchOf } from "./arm-sums.ts";
import type { WindowStore } from "./store.ts";
import type { WindowKey } from "./window.ts";

/** Where an arm is read. */
export interface ArmStores {
  windows: WindowStore;
  serving: ServingStore;
}

/** An arm of a version, and its hours in [fromMs, toMs), event time. */
export type ArmQuery = Pick<WindowKey, "version" | "arm"> & {
  fromMs: number;
  toMs: number;
  matchedUntilMs: number;
  stretchOf?: StretchOf;
  /** Whether what instances have counted is read, too: latency, and visits without a log. */
  served?: boolean;
};

/**
 * What an arm did, by routing revision. It reads a document for each hour and shard, and one for each five minutes and instance.
 * @param query.fromMs the beginning of an hour: the hour that it falls into would be left out
 * @param query.stretchOf which revisions are one stretch, as for `armSums`
 * @param query.matchedUntilMs until when visits without a log are told, as for `armSums`
 */
export async function readArm(
  { windows, serving }: ArmStores,
  { matchedUntilMs, stretchOf, ...query }: ArmQuery,
): Promise<Map<number, ArmSums>> {
  const { version, arm, served: isServedAsked = true, ...range } = query;
  const [logged, served] = await Promise.all([
    windows.range({ ...query, granularity: "1h" }),
    isServedAsked ? serving.rangeOfArm({ version, arm }, range) : [],
  ]);
  return armSums(logged, served, { matchedUntilMs, ...(stretchOf && { stretchOf }) });
}
