import type { DocumentSnapshot, Firestore, Transaction } from "firebase-admin/firestore";
import { outOfUseIn } from "../registry/store.ts";
import { type AlertContent, logAlert, prepareAlert } from "../shared/alert.ts";
import { prepareAudit } from "../shared/audit.ts";
import { CorruptError, RefusedError } from "../shared/errors.ts";
import { readableDocument } from "../shared/firestore.ts";
import { iso } from "../shared/time.ts";
import { newVersions } from "./routing-rules.ts";
import { FIRST_ROUTING, ModelChange, type Routing } from "./schema.ts";
import { inForce, openSealed, sealed } from "./seal.ts";

/** The one document that says who is answered by what. */
export const ROUTING_PATH = "routing/live";

/** What a change of the routing may touch. */
export type RoutingChange = Partial<
  Pick<
    Routing,
    | "stable"
    | "previous_good"
    | "shadow"
    | "canary"
    | "experiment"
    | "holdback_share"
    | "exploration_share"
    | "rules_groups"
    | "salts"
  >
>;

/**
 * The routing after a change: its revision one higher, with who and why, and no earlier than the last, whatever the clock says,
 * so that the journal is in one order by revision and by time. `who` is `system` or an admin's uid.
 */
export function revised(
  routing: Routing,
  change: RoutingChange,
  { who, reason, nowMs }: { who: string; reason: string; nowMs: number },
): Routing {
  return {
    ...routing,
    ...change,
    revision: routing.revision + 1,
    written_by: who.slice(0, 128),
    reason: reason.slice(0, 500),
    updated_at: iso(Math.max(nowMs, Date.parse(routing.updated_at))),
  };
}

/** What routing/live holds, beside what is in force. */
export interface RoutingState {
  /** In force: the newest of the journal, or FIRST_ROUTING before the first. */
  routing: Routing;
  /** The document was edited or deleted by hand, and that is not judged yet. */
  pending: boolean;
  /** routing/live as it stands. */
  snapshot: DocumentSnapshot;
}

/** A decision to put another routing in force, with what the audit says of it. */
export interface RoutingUpdate {
  next: Routing;
  who: string;
  action: string;
  details: Record<string, unknown>;
  /** What a person should see of it. */
  alert?: AlertContent;
}

/** A routing on its way into force, and what it follows on. */
export interface RoutingWritten {
  before: Routing;
  next: Routing;
  deployment?: ModelChange["deployment"];
}

/**
 * The only writer of routing/live and `change_log`. Every routing that was ever in force is in the journal below it, written in the same
 * transaction; an edit by hand is in neither before onRoutingWritten has judged it.
 */
export class RoutingStore {
  private readonly db: Firestore;
  constructor(db: Firestore) {
    this.db = db;
  }

  /** The routing in force. */
  async read(tx?: Transaction): Promise<Routing> {
    return (await this.look(tx)).routing;
  }

  /**
   * The routing in force, and whether somebody's edit waits to be judged. Outside a transaction one of our own writes may
   * come between its two reads, and look like an edit until the next look.
   * @throws {CorruptError} when the journal cannot be read
   */
  async look(tx?: Transaction): Promise<RoutingState> {
    const live = this.db.doc(ROUTING_PATH);
    const newest = this.journal().orderBy("revision", "desc").limit(1);
    const [snapshot, { docs }] = await Promise.all(
      tx === undefined ? [live.get(), newest.get()] : [tx.get(live), tx.get(newest)],
    );
    return { ...inForce({ live: snapshot.data(), newest: docs[0]?.data() }), snapshot };
  }

  /**
   * Looks, lets `decide` choose the next routing (or nothing), and writes it together with its entry in the audit and its
   * alert, in one transaction. `decide` may run more than once.
   * @throws {RefusedError} when it names a version that has been quarantined or removed since it was looked at
   */
  async change<T extends RoutingUpdate | undefined>(decide: (state: RoutingState) => T): Promise<T> {
    const update = await this.db.runTransaction(async (tx) => {
      const state = await this.look(tx);
      const update = decide(state);
      if (update === undefined) return update;
      const { next, who, action, details, alert } = update;
      for (const version of newVersions({ wanted: next, inForce: state.routing }).values()) {
        const reason = await outOfUseIn(tx, this.db, version);
        if (reason !== null) throw new RefusedError(reason);
      }
      const record = { who, action, target: ROUTING_PATH, reason: next.reason, details };
      const writeAudit = await prepareAudit(this.db, tx, record);
      const raise = alert && (await prepareAlert(this.db, tx, String(next.revision), alert));
      this.write(tx, { before: state.routing, next });
      writeAudit();
      raise?.();
      return update;
    });
    if (update?.alert !== undefined) logAlert(update.alert);
    return update;
  }

  /**
   * Puts `next`, made by `revised` from what `read` gave in the same transaction (`before`), in force and into the journal; if it
   * puts another model in service, the change log says so.
   */
  write(tx: Transaction, { before, next, deployment = null }: RoutingWritten): void {
    const routing = sealed(next);
    const id = entryId(routing.revision);
    tx.set(this.db.doc(ROUTING_PATH), routing);
    tx.create(this.journal().doc(id), routing);
    if (before.stable === next.stable) return;
    const { revision, updated_at: at, written_by: who, reason: why } = next;
    const change = {
      schema_version: 1,
      revision,
      at,
      from: before.stable,
      to: next.stable,
      who,
      why,
      deployment,
    } as const;
    tx.create(this.changes().doc(id), ModelChange.parse(change));
  }

  /**
   * Changes of the model in service, the newest first.
   * @param before only those of earlier revisions
   */
  async changeLog(limit: number, before?: number): Promise<ModelChange[]> {
    const newest = this.changes().orderBy("revision", "desc").limit(limit);
    const { docs } = await (before === undefined ? newest : newest.startAfter(before)).get();
    return docs.flatMap((doc) => readableDocument(ModelChange, doc) ?? []);
  }

  /**
   * The routing that was in force at a time (server time, epoch ms); FIRST_ROUTING before the first.
   * @throws {CorruptError} when its entry in the journal is not as it was written
   */
  async servedAt(atMs: number): Promise<Routing> {
    const upTo = this.journal().where("updated_at", "<=", iso(atMs)).orderBy("updated_at", "desc").limit(1);
    const { docs } = await upTo.get();
    if (docs[0] === undefined) return FIRST_ROUTING;
    const routing = openSealed(docs[0].data());
    if (routing === undefined) throw new CorruptError(`${docs[0].ref.path} is not valid`);
    return routing;
  }

  /** The holdback's share under each of some revisions; those that are not in the journal are left out. */
  async holdbackShares(revisions: ReadonlySet<number>): Promise<Map<number, number>> {
    const refs = [...revisions].map((revision) => this.journal().doc(entryId(revision)));
    const found = refs.length === 0 ? [] : await this.db.getAll(...refs, { fieldMask: ["revision", "holdback_share"] });
    return new Map(
      found.flatMap((doc) => {
        const [revision, share] = [doc.get("revision") as unknown, doc.get("holdback_share") as unknown];
        return typeof revision === "number" && typeof share === "number" ? [[revision, share] as const] : [];
      }),
    );
  }

  /** The routing of a revision, if its entry in the journal is as it was written. */
  async revision(revision: number): Promise<Routing | undefined> {
    const entry = await this.journal().doc(entryId(revision)).get();
    return openSealed(entry.data());
  }

  /** True if the version was ever stable, whoever made it that, and for however short. */
  async wasStable(version: string, tx?: Transaction): Promise<boolean> {
    const query = this.journal().where("stable", "==", version).limit(1);
    return !(await (tx === undefined ? query.get() : tx.get(query))).empty;
  }

  private journal() {
    return this.db.collection(`${ROUTING_PATH}/journal`);
  }

  private changes() {
    return this.db.collection("change_log");
  }
}

/** Of the journal and the change log: ids that sort as revisions do. */
function entryId(revision: number): string {
  return String(revision).padStart(12, "0");
}
