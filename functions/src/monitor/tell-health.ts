import type { Firestore } from "firebase-admin/firestore";
import { type AlertContent, raiseAlert, resolveAlert } from "../shared/alert.ts";
import type { Health } from "./schema.ts";

type Found = Omit<Health, "schema_version" | "history">;

/** Verdicts that a person is told of, and that may be over. */
const TOLD = ["outage", "harm", "warning"] as const;

/**
 * Tells a person what a look at the version in service has found, once as long as it stays the same, and says when it is over. Of a
 * return it was told together with it.
 * @param before what the look before had found
 */
export async function tellHealth(db: Firestore, found: Found, before: Health | null): Promise<void> {
  await settle(db, found, before);
  if (isNews(found, before)) await raiseAlert(db, healthAlert(found), `${found.version}.${found.at}`);
}

/** What a person is told of a verdict. */
export function healthAlert({ version, status, action, reason, at, findings }: Found): AlertContent {
  const done = {
    none: "",
    alert: "nothing was changed",
    abort: "the deployment was ended",
    roll_back: "everybody was returned to previous_good",
  };
  return {
    severity: status === "harm" || findings.some((found) => found.severity === "high") ? "high" : "medium",
    kind: action === "roll_back" ? "monitor_rollback" : `monitor_${status}`,
    subject: version,
    message: `${version}, ${at}: ${reason}; ${done[action]}`,
    to_do: action === "roll_back" ? "Look at health/live before the version is deployed again." : TO_DO[status],
    details: { version, action, findings },
  };
}

/** What a person is to do. */
const TO_DO: Record<Health["status"], string> = {
  outage: "Look for errors of the functions that are named, and mend them; the version is not to blame.",
  harm: "Look at health/live for what was found; call rollback, or find out what has changed on the site.",
  warning: "Look at health/live; find out whether the site or its visitors have changed.",
  ok: "Nothing.",
  insufficient_data: "Nothing.",
};

/** True for what nobody was told yet. */
function isNews(found: Found, before: Health | null): boolean {
  if (found.action === "none" || found.action === "roll_back") return false;
  const same = before?.version === found.version && before.status === found.status;
  return !same || before.action !== found.action || kinds(found) !== kinds(before);
}

function kinds({ findings, outages }: Pick<Health, "findings" | "outages">): string {
  return outages.length > 0 ? "outage" : [...new Set(findings.map(({ metric }) => metric))].sort().join();
}

/**
 * Says what is over: every verdict but the present one, unless too little is known to say so, which an outage of ours is a case of; a
 * return stays told until it is seen.
 */
async function settle(db: Firestore, { version, status, reason, at }: Found, before: Health | null): Promise<void> {
  if (before === null) return;
  const isOther = before.version !== version;
  const isUnsure = status === "insufficient_data" || status === "outage";
  if (!isOther && (isUnsure || before.status === status)) return;
  const says = isOther ? `${version} is in service, seen at ${at}` : `at ${at}: ${reason}`;
  for (const told of TOLD) {
    if (isOther || told !== status) {
      await resolveAlert(db, { kind: `monitor_${told}`, subject: before.version }, says);
    }
  }
}
