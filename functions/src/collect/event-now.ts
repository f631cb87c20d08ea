import type { Firestore } from "firebase-admin/firestore";
import { FoldStore } from "./fold-store.ts";

/**
 * Event time of "now" for what nothing but a person's wish dates, epoch ms: the server's clock, or under virtual time the
 * latest visit that was folded.
 */
export async function eventNow(
  db: Firestore,
  { serverMs, isVirtual }: { serverMs: number; isVirtual: boolean },
): Promise<number> {
  if (!isVirtual) return serverMs;
  const folds = new FoldStore(db);
  const states = await Promise.all(folds.shards().map((shard) => folds.read(shard)));
  const latest = states.flatMap(({ last_event_at: at }) => (at === null ? [] : [Date.parse(at)]));
  return latest.length === 0 ? serverMs : Math.max(...latest);
}
