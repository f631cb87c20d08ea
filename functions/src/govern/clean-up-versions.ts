import type { Bucket } from "@google-cloud/storage";
import type { Firestore, Transaction } from "firebase-admin/firestore";
import { DeploymentStore } from "../deploy/store.ts";
import { type CleanUpPlan, planCleanUp } from "../registry/clean-up.ts";
import { VersionStore } from "../registry/store.ts";
import { RoutingStore } from "../serve/store.ts";
import { type AlertContent, raiseAlert } from "../shared/alert.ts";
import { readLifecycle } from "../shared/lifecycle.ts";
import { JobStore } from "../train/store.ts";

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
  const registered = await store.everything();
  const inventory = { ...registered, stored: await store.stored(), inUse };
  const plan = planCleanUp(inventory, policy, nowMs);
  if (policy.clean_up === "dry_run") return { mode: "dry_run", ...plan };
  for (const version of registered.unreadable) await raiseAlert(db, unreadable(version), version);
  const leftovers: string[] = [];
  for (const version of plan.leftovers) if (await store.deleteFiles(version)) leftovers.push(version);
  const removed: CleanUpPlan["remove"] = [];
  for (const { version, why } of plan.remove) {
    // What is in use after all may need others of the plan: the next run looks at all of them again.
    if (!(await store.bury(version, why, async (tx) => !(await versionsInUse(db, tx)).has(version)))) break;
    await store.deleteFiles(version);
    removed.push({ version, why });
  }
  return { mode: "on", ...plan, remove: removed, leftovers };
}

function unreadable(version: string): AlertContent {
  return {
    severity: "medium",
    kind: "version_unreadable",
    subject: version,
    message: `model_versions/${version} cannot be read, so that no version is removed until it is put right or deleted`,
    to_do: `Put model_versions/${version} right from a backup, or delete it if nothing uses it.`,
    details: { version },
  };
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
  put(routing.shadow?.version ?? null, "judged in the shadow");
  put(routing.canary?.version ?? null, "gets traffic");
  for (const { name, version } of routing.experiment?.arms ?? []) {
    put(version, `arm ${name} of experiment ${routing.experiment?.id}`);
  }
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
