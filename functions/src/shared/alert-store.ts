import type { DocumentSnapshot, Firestore } from "firebase-admin/firestore";
import type { z } from "zod";
import { writeChange } from "./alert.ts";
import {
  type Attempt,
  attempted,
  claimed,
  leftUnsent,
  postponed,
  type Turn,
  turnOf,
  wasHeard,
} from "./alert-delivery.ts";
import { type AlertPolicy, reminded, resolved, seen } from "./alert-life.ts";
import { type AuditRecord, prepareAudit } from "./audit.ts";
import { InputError, RefusedError } from "./errors.ts";
import { parseDocument, readableDocument } from "./firestore.ts";
import { Alert, AlertDelivery } from "./schema.ts";
import { iso } from "./time.ts";

/** What an admin says to an alert. */
export interface AlertAnswer {
  id: string;
  /** True when the matter is settled, false when it is only seen. */
  isResolved: boolean;
  by: string;
  reason: string;
}

/** Alerts on their way to people: with `alert.ts` the only writer of `alerts` and `alert_deliveries`. Times are server times. */
export class AlertStore {
  private readonly db: Firestore;
  constructor(db: Firestore) {
    this.db = db;
  }

  /** Ids of the deliveries that are due, the one that is due longest first. */
  async due(nowMs: number, limit: number): Promise<string[]> {
    const due = this.deliveries().where("next_attempt_at", "<=", iso(nowMs)).orderBy("next_attempt_at").limit(limit);
    return (await due.get()).docs.map(({ id }) => id);
  }

  /**
   * Takes a delivery, unless somebody else has, or it is not its turn; the lease keeps others away for a minute.
   * @param unsent the reason why nothing is sent at all, or null: then it is settled without being sent
   */
  async claim(id: string, { holder, unsent, nowMs }: Claim): Promise<AlertDelivery | undefined> {
    return this.db.runTransaction(async (tx) => {
      const ref = this.deliveries().doc(id);
      const stored = readable(AlertDelivery, await tx.get(ref));
      if (stored === undefined) return undefined;
      const before = readable(AlertDelivery, await tx.get(this.deliveries().doc(previousId(stored))));
      const turn = turnOf(stored, before, nowMs);
      if (turn.kind === "taken") return undefined;
      const delivery = { ...stored, heard_before: wasHeard(before) };
      const none = unsent ?? (turn.kind === "unsent" ? turn.reason : null);
      const isMine = none === null && turn.kind === "send";
      const after = isMine ? claimed(delivery, holder, nowMs) : settled(delivery, turn, none);
      tx.set(ref, after);
      return isMine ? after : undefined;
    });
  }

  /** Puts on record what came of a claimed delivery; whoever lost the lease meanwhile records nothing but a success. */
  async record(
    mine: AlertDelivery,
    attempt: Attempt,
    { policy, nowMs }: { policy: AlertPolicy; nowMs: number },
  ): Promise<AlertDelivery> {
    return this.db.runTransaction(async (tx) => {
      const ref = this.deliveries().doc(mine.id);
      const stored = readable(AlertDelivery, await tx.get(ref)) ?? mine;
      const after = attempted(mine, attempt, policy, nowMs);
      const isMine = stored.lease?.holder === mine.lease?.holder && stored.attempts === mine.attempts;
      const isNews = after.state === "delivered" && stored.state !== "delivered";
      if (!isMine && !isNews) return stored;
      const written = { ...after, attempts: stored.attempts };
      tx.set(ref, written);
      return written;
    });
  }

  /** Makes the reminders that are due; how many there were. */
  async remind(policy: AlertPolicy, nowMs: number, limit: number): Promise<number> {
    const due = this.alerts().where("remind_at", "<=", iso(nowMs)).orderBy("remind_at").limit(limit);
    let made = 0;
    for (const { id } of (await due.get()).docs) {
      made += await this.db.runTransaction(async (tx) => {
        const alert = readable(Alert, await tx.get(this.alerts().doc(id)));
        const change = alert && reminded(alert, policy, nowMs);
        if (change === undefined) return 0;
        writeChange(this.db, tx, change);
        return 1;
      });
    }
    return made;
  }

  /**
   * Puts an admin's answer to an alert on record and on audit: seen, nobody is reminded of it; resolved, it is over and those are
   * told who were told of it.
   * @throws {InputError} for an alert that does not exist
   * @throws {RefusedError} when it is over, or was seen before
   */
  async answer({ id, isResolved, by, reason }: AlertAnswer): Promise<Alert> {
    return this.db.runTransaction(async (tx) => {
      const open = parseDocument(Alert, await tx.get(this.alerts().doc(id)));
      if (open === undefined) {
        throw new InputError(`there is no alert ${id}`, [{ path: "id", message: "names no alert" }]);
      }
      if (open.status !== "open") throw new RefusedError(`${id} is over: ${open.resolution}`);
      if (!isResolved && open.seen !== null) throw new RefusedError(`${id} was seen at ${open.seen.at}`);
      const action = isResolved ? "resolve_alert" : "see_alert";
      const record: AuditRecord = { who: by, action, target: `alerts/${id}`, reason, details: { kind: open.kind } };
      const writeAudit = await prepareAudit(this.db, tx, record);
      const nowMs = Date.now();
      const change = isResolved
        ? resolved(open, `an admin says: ${reason}`, nowMs)
        : { alert: seen(open, by, nowMs), delivery: null };
      writeChange(this.db, tx, change);
      writeAudit();
      return change.alert;
    });
  }

  private alerts() {
    return this.db.collection("alerts");
  }

  private deliveries() {
    return this.db.collection("alert_deliveries");
  }
}

function settled(delivery: AlertDelivery, turn: Turn, none: string | null): AlertDelivery {
  if (none !== null) return leftUnsent(delivery, none);
  return turn.kind === "wait" ? postponed(delivery, turn.untilMs) : delivery;
}

/** One that somebody spoilt by hand is skipped, with a line in the log: it must not keep the others from people. */
function readable<T>(schema: z.ZodType<T>, snapshot: DocumentSnapshot): T | undefined {
  return snapshot.exists ? (readableDocument(schema, snapshot) ?? undefined) : undefined;
}

/** Id of the notice before one; of the first, an id that no delivery has. */
function previousId({ alert, n }: AlertDelivery): string {
  return `${alert}.${n - 1}`;
}

interface Claim {
  holder: string;
  unsent: string | null;
  /** Server time. */
  nowMs: number;
}
