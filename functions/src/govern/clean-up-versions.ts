import type { Bucket } from "@google-cloud/storage";
import type { Firestore, Transaction } from "firebase-admin/firestore";
import { DeploymentStore } from "../deploy/store.ts";
import { type CleanUpPlan, planCleanUp } from "../registry/clean-up.ts";
import type { ModelVersion } from "../registry/schema.ts";
import { VersionStore } from "../registry/store.ts";
import { RoutingStore } from "../serve/store.ts";
import { readLifecycle } from "../shared/lifecycle.ts";
import { JobStore } from "../train/store.ts";

/** Versions that one page lists; all of them are looked at, however many were removed before. */
const PAGE = 100;

/** What a clean-up has done, or on a dry run would do. */
export interface CleanUp extends CleanUpPlan {
  mode: "on" | "dry_run" | "off";
}

/**
 * Removes versions that nothing needs. What is needed is collected first; each version is then buried in a transaction that looks
 * once more, and its files are deleted last. Broken off anywhere, the next run finishes what is buried, and done twice it
 * changes nothing.
 * @param nowMs server time
 */
export async function cleanUpVersions(
  { db, bucket }: { db: Firestore; bucket: Bucket },
  nowMs: number,
): Promise<CleanUp> {
  const { registry: policy } = await readLifecycle(db);
  if (policy.clean_up === "off") return { mode: "off", keep: [], remove: [], leftovers: [] };
  const store = new VersionStore(db, bucket);
  const inUse = await versionsInUse(db);
  const inventory = { versions: await everyVersion(store), stored: await store.stored(), inUse };
  const plan = planCleanUp(inventory, policy, nowMs);
  if (policy.clean_up === "dry_run") return { mode: "dry_run", ...plan };
  for (const version of plan.leftovers) await store.deleteFiles(version);
  const removed: CleanUpPlan["remove"] = [];
  for (const { version, why } of plan.remove) {
    if (!(await store.bury(version, why, async (tx) => !(await versionsInUse(db, tx)).has(version)))) continue;
    await store.deleteFiles(version);
    removed.push({ version, why });
  }
  return { mode: "on", ...plan, remove: removed };
}

async function everyVersion(store: VersionStore): Promise<ModelVersion[]> {
  const all: ModelVersion[] = [];
  for (;;) {
    const page = await store.history(PAGE, all.at(-1)?.version);
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

/** Versions that routing, a deployment or a job names, and which of them. */
async function versionsInUse(db: Firestore, tx?: Transaction): Promise<Map<string, string>> {
  const inUse = new Map<string, string>();
  const put = (version: string | null, why: string): void => {
    if (version !== null && version !== "rules" && !inUse.has(version)) inUse.set(version, why);
  };
  const routing = await new RoutingStore(db).read(tx);
  put(routing.stable, "in service");
  put(routing.previous_good, "where a rollback leads");
  put(routing.canary?.version ?? null, "gets traffic");
  const deployment = await new DeploymentStore(db).running(tx);
  put(deployment?.version ?? null, `being deployed by ${deployment?.id}`);
  put(deployment?.previous ?? null, `what ${deployment?.id} returns to`);
  if (tx !== undefined) return inUse;
  for (const { id, in_service: stable, version } of await new JobStore(db).listOpen()) {
    put(stable, `${id} is at work beside it`);
    put(version, `${id} is about to publish it`);
  }
  return inUse;
}
