import type { Firestore } from "firebase-admin/firestore";
import { type AlertContent, raiseAlert, resolveAlert } from "../shared/alert.ts";
import type { Health } from "./schema.ts";

type Found = Omit<Health, "schema_version" | "history">;

/**
 * Tells a person what a look at the version in service has found, once as long as it stays the same, and says when it is over.
 * @param before what the look before had found
 */
export async function tellHealth(db: Firestore, found: Found, before: Health | null): Promise<void> {
  await settle(db, found, before);
  if (isNews(found, before)) await tell(db, found);
}

/** True for what nobody was told yet. */
function isNews(found: Found, before: Health | null): boolean {
  if (found.action === "none") return false;
  const same = before?.version === found.version && before.status === found.status;
  return !same || before.action !== found.action || kinds(found) !== kinds(before);
}

function kinds({ findings, outages }: Pick<Health, "findings" | "outages">): string {
  return outages.length > 0 ? "outage" : [...new Set(findings.map(({ metric }) => metric))].sort().join();
}

async function tell(db: Firestore, { version, status, action, reason, at, findings }: Found): Promise<void> {
  const done = {
    none: "",
    alert: "nothing was changed",
    abort: "the deployment was ended",
    roll_back: "everybody was returned to previous_good",
  };
  const severity = status === "harm" || findings.some((found) => found.severity === "high") ? "high" : "medium";
  const message = `${version}, ${at}: ${reason}; ${done[action]}`;
  const details = { version, action, findings };
  const content: AlertContent = {
    severity,
    kind: kindOf({ status, action }),
    subject: version,
    message,
    to_do: TO_DO[status],
    details,
  };
  await raiseAlert(db, content, `${version}.${at}`);
}

/** What a person is to do. */
const TO_DO: Record<Health["status"], string> = {
  outage: "Look for errors of the functions that are named, and mend them; the version is not to blame.",
  harm: "Look at health/live for what was found; if nothing was changed, call rollback or find out what has changed on the site.",
  warning: "Look at health/live; find out whether the site or its visitors have changed.",
  ok: "Nothing.",
  insufficient_data: "Nothing.",
};

function kindOf({ status, action }: Pick<Health, "status" | "action">): string {
  return action === "roll_back" ? "monitor_rollback" : `monitor_${status}`;
}

/** Says that what the last look has told of the version is over; a rollback stays told until somebody has seen it. */
async function settle(db: Firestore, { version, status, reason, at }: Found, before: Health | null): Promise<void> {
  if (before?.action !== "alert" || (before.version === version && status !== "ok")) return;
  const says = before.version === version ? `at ${at}: ${reason}` : `${version} is in service since ${at}`;
  await resolveAlert(db, { kind: kindOf(before), subject: before.version }, says);
}
