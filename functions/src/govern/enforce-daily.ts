import type { Bucket } from "@google-cloud/storage";
import type { Firestore } from "firebase-admin/firestore";
import { foldDueLogs } from "../collect/fold-due-logs.ts";
import { type RolledUp, rollUpHistory } from "../monitor/roll-up-history.ts";
import { independently } from "../shared/independently.ts";
import { type CleanUp, cleanUpVersions } from "./clean-up-versions.ts";

/** Commits of the fold that one run does at most: up to 100,000 logs. */
const MAX_STEPS = 100;

/**
 * What is due once a day: what has matured is folded and rolled up into history, and versions that nothing needs are removed, whatever
 * became of the other.
 * @param holder names this run in the fold's lease
 */
export async function enforceDaily(
  { db, bucket }: { db: Firestore; bucket: Bucket },
  holder: string,
  { eventMs, serverMs }: { eventMs: number; serverMs: number },
): Promise<[RolledUp, CleanUp]> {
  const rollUp = async (): Promise<RolledUp> => {
    const { complete } = await foldDueLogs(db, { holder, maxSteps: MAX_STEPS, restMs: 0 });
    return rollUpHistory(db, { nowMs: eventMs, folded: complete });
  };
  return independently(rollUp(), cleanUpVersions({ db, bucket }, serverMs));
}
