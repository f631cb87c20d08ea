import type { DocumentSnapshot, Firestore, Timestamp, Transaction } from "firebase-admin/firestore";
import type { Lifecycle } from "../config.ts";
import { type RoutingState, RoutingStore, revised } from "../serve/store.ts";
import { type AlertContent, logAlert, writeAlert } from "../shared/alert.ts";
import { prepareAudit } from "../shared/audit.ts";
import { type FieldIssue, inWords, RefusedError } from "../shared/errors.ts";
import { parseDocument } from "../shared/firestore.ts";
import { LIFECYCLE_JOURNAL, LIFECYCLE_PATH } from "../shared/lifecycle.ts";
import { iso } from "../shared/time.ts";
import { judgeWrite, type PolicyVerdict, routingChange, type Stored } from "./policy.ts";
import { LifecycleRevision } from "./schema.ts";

/** A write to config/lifecycle, as its event tells it. */
export interface WrittenPolicy {
  /** What stood there before the write. */
  before: Stored;
  /** Update time of the document that it left; undefined for a deletion. */
  updated: Timestamp | undefined;
  /** The identity that the event names. */
  who: string;
}

/** Writes config/lifecycle for admins, and is the only writer of the journal below it. */
export class PolicyStore {
  private readonly db: Firestore;
  private readonly routing: RoutingStore;
  constructor(db: Firestore) {
    this.db = db;
    this.routing = new RoutingStore(db);
  }

  /**
   * Puts a valid policy in force: the document, its journal, the audit and what routing needs of it, all or nothing.
   * @throws {RefusedError} while somebody's edit of routing waits to be judged
   */
  async set(stored: Record<string, unknown>, policy: Lifecycle, by: { who: string; reason: string }): Promise<void> {
    await this.db.runTransaction(async (tx) => {
      const accept = await this.prepareAcceptance(tx, policy, { ...by, action: "set_config", stored });
      tx.set(this.document(), stored);
      accept();
    });
  }

  /**
   * Judges what somebody wrote by hand, and acts on it: only while that write is still the last, so that an event that comes
   * twice or late changes nothing; then undefined. A bad one's alert is written with what is put back.
   * @throws {RefusedError} while somebody's edit of routing waits to be judged: the event is to be retried
   */
  async judge({ before, updated, who }: WrittenPolicy): Promise<PolicyVerdict | undefined> {
    const verdict = await this.db.runTransaction(async (tx) => {
      const current = await tx.get(this.document());
      const last = updated === undefined ? !current.exists : current.updateTime?.isEqual(updated) === true;
      if (!last) return undefined;
      const written = current.data();
      const journaled = (await this.newest(tx))?.policy;
      const verdict = judgeWrite({ written, before, journaled });
      switch (verdict.kind) {
        case "known": {
          const copy = this.prepareCopy(await this.routing.look(tx), verdict.policy, who);
          copy(tx);
          break;
        }
        case "accepted": {
          const edit = { who, reason: "edited by hand", action: "accept_config_edit", stored: written ?? {} };
          const accept = await this.prepareAcceptance(tx, verdict.policy, edit);
          accept();
          break;
        }
        case "put_back": {
          const reason = "the policy is not valid";
          const details = { issues: verdict.issues };
          const record = { who, action: "refuse_config_edit", target: LIFECYCLE_PATH, reason, details };
          const writeAudit = await prepareAudit(this.db, tx, record);
          if (verdict.good === undefined) tx.delete(this.document());
          else tx.set(this.document(), verdict.good);
          writeAudit();
          writeAlert(this.db, tx, stampOf(current), refusal(who, verdict.issues));
          break;
        }
      }
      return verdict;
    });
    if (verdict?.kind === "put_back") logAlert(refusal(who, verdict.issues));
    return verdict;
  }

  /** Reads what an acceptance needs; the function that comes back writes journal, audit and routing. */
  private async prepareAcceptance(
    tx: Transaction,
    policy: Lifecycle,
    edit: { who: string; reason: string; action: string; stored: Record<string, unknown> },
  ): Promise<() => void> {
    const { who, reason, action, stored } = edit;
    const n = ((await this.newest(tx))?.n ?? 0) + 1;
    const copy = this.prepareCopy(await this.routing.look(tx), policy, who);
    const record = { who, action, target: LIFECYCLE_PATH, reason, details: { revision: n } };
    const writeAudit = await prepareAudit(this.db, tx, record);
    const revision: LifecycleRevision = { schema_version: 1, n, policy: stored, at: iso(Date.now()), who, reason };
    return () => {
      tx.create(this.db.collection(LIFECYCLE_JOURNAL).doc(String(n).padStart(12, "0")), revision);
      copy(tx);
      writeAudit();
    };
  }

  /**
   * The write that gives routing what it lacks of the policy, if anything.
   * @throws {RefusedError} while somebody's edit of routing waits to be judged: it must not be lost under this one
   */
  private prepareCopy(state: RoutingState, policy: Lifecycle, who: string): (tx: Transaction) => void {
    const { routing, pending } = state;
    const change = routingChange(policy, routing);
    if (change === undefined) return () => undefined;
    if (pending) throw new RefusedError("an edit of routing/live waits to be judged; try again once it is");
    const next = revised(routing, change, { who, reason: "config/lifecycle changed", nowMs: Date.now() });
    return (tx) => this.routing.write(tx, { before: routing, next });
  }

  private async newest(tx: Transaction): Promise<LifecycleRevision | undefined> {
    const { docs } = await tx.get(this.db.collection(LIFECYCLE_JOURNAL).orderBy("n", "desc").limit(1));
    return docs[0] === undefined ? undefined : parseDocument(LifecycleRevision, docs[0]);
  }

  private document() {
    return this.db.doc(LIFECYCLE_PATH);
  }
}

/** The time of a document's last write, as exact as it is kept: no two writes of one document share it. */
function stampOf({ updateTime }: DocumentSnapshot): string {
  return `${updateTime?.seconds ?? 0}.${updateTime?.nanoseconds ?? 0}`;
}

function refusal(who: string, issues: FieldIssue[]): AlertContent {
  const message = `an edit of ${LIFECYCLE_PATH} was put back: ${inWords(issues)}`;
  const to_do = "Put the fields right that are named, and save the document once more.";
  const details = { who, issues };
  return { severity: "medium", kind: "config_edit_refused", subject: LIFECYCLE_PATH, message, to_do, details };
}
