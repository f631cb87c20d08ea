import { randomUUID } from "node:crypto";
import type { Firestore, Transaction } from "firebase-admin/firestore";
import { eventNow } from "../collect/event-now.ts";
import { VIRTUAL_TIME } from "../config.ts";
import { outOfUseIn } from "../registry/store.ts";
import type { Routing, ServedVersion } from "../serve/schema.ts";
import { RoutingStore, revised } from "../serve/store.ts";
import { type AlertContent, logAlert, prepareAlert, prepareResolved } from "../shared/alert.ts";
import { type AuditRecord, prepareAudit } from "../shared/audit.ts";
import { CorruptError, InputError, OvertakenError, RefusedError } from "../shared/errors.ts";
import { parseDocument, readableDocument } from "../shared/firestore.ts";
import { iso } from "../shared/time.ts";
import { alertOf } from "./alert-of.ts";
import { apply, opened, type RoutingMove, returnTo, type Wish, wish } from "./apply.ts";
import { decided, type Mandate, type Measured } from "./decision.ts";
import { Deployment, DeploymentPhase, FINAL_PHASES } from "./schema.ts";
import { type TakenStep, takeStep } from "./take-step.ts";

const DAY_MS = 86_400_000;

/** Phases in which a deployment goes on. */
const RUNNING: readonly DeploymentPhase[] = DeploymentPhase.options.filter((phase) => !FINAL_PHASES.includes(phase));
/** Deployments that one version may have had; more is not a rollout any more. */
const MOST_OF_ONE_VERSION = 100;

/** Days before a step at which its deployment began at the earliest: `deployment.max_days` is 30 at most, and a day to be checked. */
const LONGEST_DAYS = 31;
/** Deployments that began in so many days; there is one at a time. */
const MOST_STARTED = 300;

/** Who asks for a deployment of what, and why. */
export interface OpenRequest {
  version: string;
  requestedBy: string;
  reason: string;
  /** Shares of traffic, from the policy. */
  stages: number[];
  /** Event time, epoch ms. */
  nowMs: number;
  /**
   * What was in service when it proved better: that must still be, and the version must not have had its turn (`knows`). Left
   * out where a person decides, who may deploy anything again, whatever it was compared with.
   */
  than?: ServedVersion;
}

/** A deployment that is about to be opened. */
export interface Opening {
  deployment: Deployment;
  audit: AuditRecord;
  write: () => void;
}

/** A word of an admin to a deployment. */
export interface AdminWord {
  id: string;
  /** The stage that it is about, where it is about one. */
  stage?: number;
  /** uid of the admin. */
  by: string;
  reason: string;
  /** Event time, epoch ms. */
  nowMs: number;
}

/** A return to an earlier version, or to the rules. */
export interface Return {
  target: ServedVersion;
  /** What must still be in service, where nobody but the system decides; left out where a person does. */
  from?: ServedVersion;
  /** What a person is told, with it or not at all. */
  alert?: AlertContent;
  who: string;
  reason: string;
  /** Event time, epoch ms. */
  nowMs: number;
}

/**
 * The only writer of `deployments`. Each change is one transaction over the deployment, the routing it moves and the audit;
 * the documents are the locks.
 */
export class DeploymentStore {
  private readonly db: Firestore;
  private readonly routing: RoutingStore;
  constructor(db: Firestore) {
    this.db = db;
    this.routing = new RoutingStore(db);
  }

  /** The deployment that goes on, if one does: there is never a second. */
  async running(tx?: Transaction): Promise<Deployment | undefined> {
    const query = this.db.collection("deployments").where("phase", "in", RUNNING).limit(1);
    const { docs } = await (tx === undefined ? query.get() : tx.get(query));
    return docs[0] === undefined ? undefined : parseDocument(Deployment, docs[0]);
  }

  /** Those that may have had a step in [fromMs, toMs), event time, by when they began. */
  async startedIn({ fromMs, toMs }: { fromMs: number; toMs: number }): Promise<Deployment[]> {
    const { docs } = await this.db
      .collection("deployments")
      .where("started_at", ">=", iso(fromMs - LONGEST_DAYS * DAY_MS))
      .where("started_at", "<", iso(toMs))
      .orderBy("started_at")
      .limit(MOST_STARTED)
      .get();
    return docs.flatMap((doc) => readableDocument(Deployment, doc) ?? []);
  }

  /**
   * True if the version has had its turn: it was deployed, or somebody tried to, or an admin once made it stable by hand,
   * which leaves no deployment but an entry in routing's journal. Whoever took it out again decided against it.
   */
  async knows(version: string, tx?: Transaction): Promise<boolean> {
    const deployment = this.document(`d.${version}`);
    const { exists } = await (tx === undefined ? deployment.get() : tx.get(deployment));
    return exists || (await this.routing.wasStable(version, tx));
  }

  /**
   * Opens a deployment; its checks and its traffic come with the next steps.
   * @throws {RefusedError} when one goes on, the version is in service, quarantined or removed, it has had its turn and must not have another, or it
   *   has had too many
   */
  async open(request: OpenRequest): Promise<Deployment> {
    return this.db.runTransaction(async (tx) => {
      const { deployment, audit, write } = await this.prepareOpening(tx, request, await this.routing.read(tx));
      const writeAudit = await prepareAudit(this.db, tx, audit);
      write();
      writeAudit();
      return deployment;
    });
  }

  /**
   * As `open`, within somebody's transaction, so that a deployment can follow on something else at once. Reads, so call it before the
   * transaction's first write; it returns the write to do, and what the audit is to say.
   * @param routing in force, read in this transaction
   */
  async prepareOpening(tx: Transaction, request: OpenRequest, routing: Routing): Promise<Opening> {
    const { version, requestedBy: who, reason, nowMs } = request;
    const running = await this.running(tx);
    if (running !== undefined) throw new RefusedError(`${running.id} is going on; one deployment at a time`);
    if (routing.stable === version) throw new RefusedError(`${version} is in service already`);
    await this.refuseOutOfUse(tx, version);
    if (request.than !== undefined) {
      if (request.than !== routing.stable) {
        throw new RefusedError(`${version} is better than ${request.than}, and ${routing.stable} is in service now`);
      }
      if (await this.knows(version, tx)) throw new RefusedError(`${version} has had its turn`);
    }
    const same = this.db.collection("deployments").where("version", "==", version).limit(MOST_OF_ONE_VERSION);
    const before = (await tx.get(same)).size;
    if (before === MOST_OF_ONE_VERSION) {
      throw new RefusedError(`${version} has been deployed ${before} times; one version gets no more`);
    }
    const id = before === 0 ? `d.${version}` : `d.${version}.${before + 1}`;
    const { stages } = request;
    const begin = { id, version, previous: routing.stable, requested_by: who, reason, stages, salt: randomUUID() };
    const deployment = opened(begin, nowMs);
    const audit = { who, action: "open_deployment", target: `deployments/${id}`, reason, details: { version } };
    return { deployment, audit, write: () => tx.create(this.document(id), deployment) };
  }

  /**
   * Decides on the stored deployment and carries it out, with an alert if a person should hear of it; undefined if nothing
   * has changed. While somebody's edit of routing waits to be judged it waits too: the edit may be meant for this very
   * deployment, and must not be lost under a step.
   */
  async step(
    id: string,
    measured: Measured,
    nowMs: number,
    mandate: Mandate = "everything",
  ): Promise<TakenStep | undefined> {
    const taken = await this.db.runTransaction(async (tx) => {
      const stored = await this.stored(tx, id);
      const { routing, pending } = await this.routing.look(tx);
      if (pending) return undefined;
      const outOfUse = await outOfUseIn(tx, this.db, stored.version);
      const step = takeStep(stored, measured, { routing, outOfUse, nowMs, mandate });
      if (step === undefined) return undefined;
      const { deployment, decision } = step;
      const { action, reason } = decision;
      const details = { phase: deployment.phase, stage: deployment.stage };
      const isEntry = deployment.log.length > stored.log.length;
      const audit = { who: "system", action: `deployment_${action}`, target: `deployments/${id}`, reason, details };
      const alert = isEntry ? alertOf(deployment, decision) : undefined;
      const held = { kind: "deployment_hold", subject: `deployments/${id}` };
      const tell = [
        isEntry && action !== "hold" ? await prepareResolved(this.db, tx, held, `${id} goes on: ${reason}`) : undefined,
        alert && (await prepareAlert(this.db, tx, `${id}.${deployment.log.length}`, alert)),
      ];
      await this.save(tx, { routing, change: step.routing, deployment, audit: isEntry ? audit : null });
      for (const write of tell) write?.();
      return { step, alert };
    });
    if (taken?.alert !== undefined) logAlert(taken.alert);
    return taken?.step;
  }

  /**
   * Puts an admin's word into a deployment: the next step heeds it.
   * @throws {InputError} for a deployment that does not exist
   * @throws {RefusedError} when it has ended, has left the stage, or the word says nothing new
   */
  async wish(kind: Wish, { id, stage, by, reason, nowMs }: AdminWord): Promise<Deployment> {
    return this.db.runTransaction(async (tx) => {
      const before = await this.goingOn(tx, id);
      if (stage !== undefined && stage !== before.stage) {
        throw new RefusedError(`${id} is at stage ${before.stage}, not at ${stage}: look again`);
      }
      const deployment = wish(before, kind, { by, reason, nowMs });
      if (deployment === before) throw new RefusedError(`${id} cannot be told to ${kind}: nothing would change`);
      const details = { phase: deployment.phase, stage: deployment.stage };
      const audit = { who: by, action: `${kind}_deployment`, target: `deployments/${id}`, reason, details };
      const writeAudit = await prepareAudit(this.db, tx, audit);
      tx.set(this.document(id), deployment);
      writeAudit();
      return deployment;
    });
  }

  /**
   * Ends a deployment at once: everybody is answered as before it. Whatever step is taken at the same time, after this there is
   * none.
   * @throws {InputError} for a deployment that does not exist
   * @throws {RefusedError} when it has ended
   */
  async abort({ id, by, reason, nowMs }: AdminWord): Promise<Deployment> {
    return this.db.runTransaction(async (tx) => {
      const before = await this.goingOn(tx, id);
      const routing = await this.routing.read(tx);
      const now = { nowMs, by, routing, checks: null, forecast: null, analysis: null };
      const { deployment, routing: change } = apply(before, decided("abort", reason), now);
      const details = { phase: before.phase, stage: before.stage };
      const audit = { who: by, action: "abort_deployment", target: `deployments/${id}`, reason, details };
      await this.save(tx, { routing, change, deployment, audit });
      return deployment;
    });
  }

  /**
   * Returns everybody to `target` at once; a deployment that goes on ends as rolled back. Whether the target is intact was
   * asked before; what is stable may have changed since, and that is looked at here. An edit that waits to be judged is
   * overtaken, as by any admin's next word.
   * @throws {OvertakenError} when `from` is not in service alone any more
   * @throws {RefusedError} when there is nothing to return from, or the target has been quarantined or removed since
   */
  async rollBack(wanted: Return): Promise<{ revision: number; ended: string | null }> {
    const { target, from, who, reason, nowMs, alert } = wanted;
    const done = await this.db.runTransaction(async (tx) => {
      const routing = await this.routing.read(tx);
      const running = await this.running(tx);
      const { canary, shadow, experiment } = routing;
      if (from !== undefined && (routing.stable !== from || running !== undefined)) {
        throw new OvertakenError(`${from} is not what is in service alone any more`);
      }
      const isAlone = running === undefined && canary === null && shadow === null && experiment === null;
      if (isAlone && routing.stable === target) {
        throw new RefusedError(`${target} is in service already, and nothing else gets traffic`);
      }
      await this.refuseOutOfUse(tx, target);
      const now = { nowMs, by: who, routing, checks: null, forecast: null, analysis: null };
      const deployment = running && apply(running, decided("roll_back", reason), now).deployment;
      const details = { from: routing.stable, to: target, deployment: running?.id ?? null };
      const audit = { who, action: "rollback", target: "routing/live", reason, details };
      const writeAlert = alert && (await prepareAlert(this.db, tx, `${routing.stable}.${routing.revision}`, alert));
      const revision = await this.save(tx, { routing, change: returnTo(target), deployment, audit });
      writeAlert?.();
      return { revision, ended: running?.id ?? null };
    });
    if (alert !== undefined) logAlert(alert);
    return done;
  }

  /** What counts as now for an admin, in event time. */
  async eventNowMs(): Promise<number> {
    return eventNow(this.db, { serverMs: Date.now(), isVirtual: VIRTUAL_TIME.value() });
  }

  /** Writes what belongs together; the routing's revision afterwards. Reads first, as transactions want it. */
  private async save(tx: Transaction, saved: Saved): Promise<number> {
    const { routing, change, deployment, audit } = saved;
    const writeAudit = audit === null ? null : await prepareAudit(this.db, tx, audit);
    if (deployment !== undefined) tx.set(this.document(deployment.id), deployment);
    writeAudit?.();
    if (change === null || audit === null) return routing.revision;
    const next = revised(routing, change, { who: audit.who, reason: audit.reason, nowMs: Date.now() });
    const of = deployment && { id: deployment.id, reason: deployment.reason };
    this.routing.write(tx, { before: routing, next, deployment: of ?? null });
    return next.revision;
  }

  private async refuseOutOfUse(tx: Transaction, version: string): Promise<void> {
    const reason = await outOfUseIn(tx, this.db, version);
    if (reason !== null) throw new RefusedError(reason);
  }

  private async stored(tx: Transaction, id: string): Promise<Deployment> {
    const deployment = parseDocument(Deployment, await tx.get(this.document(id)));
    if (deployment === undefined) throw new CorruptError(`deployments/${id} is gone`);
    return deployment;
  }

  private async goingOn(tx: Transaction, id: string): Promise<Deployment> {
    const deployment = parseDocument(Deployment, await tx.get(this.document(id)));
    if (deployment === undefined) {
      throw new InputError(`there is no deployment ${id}`, [{ path: "id", message: "names no deployment" }]);
    }
    if (FINAL_PHASES.includes(deployment.phase)) throw new RefusedError(`${id} has ended: ${deployment.phase}`);
    return deployment;
  }

  private document(id: string) {
    return this.db.collection("deployments").doc(id);
  }
}

interface Saved {
  routing: Routing;
  change: RoutingMove | null;
  deployment: Deployment | undefined;
  /** Null for a look that has moved nothing. */
  audit: AuditRecord | null;
}
