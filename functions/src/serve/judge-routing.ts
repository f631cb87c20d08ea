import type { Firestore, Timestamp } from "firebase-admin/firestore";
import type { VersionStore } from "../registry/store.ts";
import { type AlertContent, raiseAlert } from "../shared/alert.ts";
import { CorruptError, type FieldIssue, inWords } from "../shared/errors.ts";
import { newVersions, readEdit, routingIssues } from "./routing-rules.ts";
import type { Routing } from "./schema.ts";
import { ROUTING_PATH, type RoutingState, type RoutingStore, revised } from "./store.ts";

/** What became of a write to routing/live. */
export type RoutingVerdict =
  /** Nothing waits to be judged: it was our own write, or it is judged already, or a later one has taken its place. */
  | { kind: "settled" }
  /** Good: in force under a new revision. */
  | { kind: "accepted"; revision: number }
  /** Bad: what was in force is back, under a new revision. */
  | { kind: "put_back"; revision: number; issues: FieldIssue[] }
  /** Could not be judged for an hour: it is still in nobody's use, and a person has to look at it. */
  | { kind: "given_up" };

/** A write to routing/live, as its event tells it. */
export interface RoutingWrite {
  /** Update time of the document that it left; undefined for a deletion. */
  updated: Timestamp | undefined;
  who: string;
  eventMs: number;
  /** Server time. */
  nowMs: number;
}

/** Age of a write up to which judging it is tried again. */
const MAX_AGE_MS = 3_600_000;

/**
 * Judges what somebody wrote to routing/live by hand. A good edit is written again as ours, with who and why; a bad one,
 * or a deletion, is replaced by what was in force. Either only while that write is still the last, so that an event that
 * comes twice or late changes nothing.
 * @throws whatever keeps a version from being looked at: that says nothing of the edit, so try again
 */
export async function judgeRouting(
  { db, routing, versions }: { db: Firestore; routing: RoutingStore; versions: VersionStore },
  write: RoutingWrite,
): Promise<RoutingVerdict> {
  const state = await routing.look();
  if (!waits(state, write)) return { kind: "settled" };
  if (write.nowMs - write.eventMs > MAX_AGE_MS) {
    await raiseAlert(db, {
      severity: "high",
      kind: "routing_not_judged",
      subject: ROUTING_PATH,
      message: "an edit of routing/live could not be judged for an hour; it is not in force",
      to_do: "Look for errors of onRoutingWritten in the log, mend them, and make the edit once more.",
      details: {},
    });
    return { kind: "given_up" };
  }
  const edit = readEdit(state.snapshot.data());
  const issues = edit.ok ? await editFaults(edit.routing, state.routing, versions) : edit.issues;
  const good = edit.ok && issues.length === 0;
  const settled = await routing.change((current) => {
    if (!waits(current, write)) return undefined;
    const { who, nowMs } = write;
    const details = { edit: edit.ok ? edit.routing : null, issues };
    if (!good) {
      const reason = `put back: ${inWords(issues)}`;
      const next = revised(current.routing, {}, { who: "system", reason, nowMs });
      const message = `an edit of routing/live was put back: ${inWords(issues)}`;
      const alert: AlertContent = {
        severity: "medium",
        kind: "routing_edit_refused",
        subject: ROUTING_PATH,
        message,
        to_do: "Put the fields right that are named, and make the edit once more.",
        details: { revision: next.revision, issues },
      };
      return { next, who, action: "refuse_routing_edit", details, alert };
    }
    const reason = edit.routing.reason === current.routing.reason ? "edited by hand" : edit.routing.reason;
    const next = revised(current.routing, contentOf(edit.routing), { who, reason, nowMs });
    return { next, who, action: "accept_routing_edit", details };
  });
  if (settled === undefined) return { kind: "settled" };
  const { revision } = settled.next;
  return good ? { kind: "accepted", revision } : { kind: "put_back", revision, issues };
}

/** True while what this write left is still there, and nobody has judged it. */
function waits({ pending, snapshot }: RoutingState, { updated }: RoutingWrite): boolean {
  if (!pending) return false;
  return updated === undefined ? !snapshot.exists : snapshot.updateTime?.isEqual(updated) === true;
}

async function editFaults(wanted: Routing, inForce: Routing, versions: VersionStore): Promise<FieldIssue[]> {
  return [...routingIssues({ wanted, inForce }), ...(await versionFaults({ wanted, inForce }, versions))];
}

/**
 * Of the versions that are to take another's place, those that cannot be loaded.
 * @throws whatever keeps a version from being looked at
 */
export async function versionFaults(
  { wanted, inForce }: { wanted: Routing; inForce: Routing },
  versions: VersionStore,
): Promise<FieldIssue[]> {
  const issues: FieldIssue[] = [];
  for (const [path, version] of newVersions({ wanted, inForce })) {
    try {
      await versions.loadModel(version);
    } catch (error) {
      if (!(error instanceof CorruptError)) throw error;
      issues.push({ path, message: error.message });
    }
  }
  return issues;
}

function contentOf(edit: Routing) {
  const { stable, shadow, canary, experiment, holdback_share, exploration_share, rules_groups, salts } = edit;
  return { stable, shadow, canary, experiment, holdback_share, exploration_share, rules_groups, salts };
}
