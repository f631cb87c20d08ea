import { randomUUID } from "node:crypto";
import type { Firestore, Transaction } from "firebase-admin/firestore";
import { eventNow } from "../collect/event-now.ts";
import { VIRTUAL_TIME } from "../config.ts";
import { takenBy } from "../deploy/decide.ts";
import type { Deployment } from "../deploy/schema.ts";
import { DeploymentStore } from "../deploy/store.ts";
import { outOfUseIn } from "../registry/store.ts";
import type { Routing } from "../serve/schema.ts";
import { type RoutingState, RoutingStore, revised } from "../serve/store.ts";
import { logAlert, prepareAlert, prepareResolved } from "../shared/alert.ts";
import { type AuditRecord, prepareAudit } from "../shared/audit.ts";
import { CorruptError, InputError, RefusedError } from "../shared/errors.ts";
import { parseDocument } from "../shared/firestore.ts";
import { alertOf } from "./alert-of.ts";
import { apply, type Begin, begun, isSame, type Outcome } from "./apply.ts";
import type { Decision, Measured } from "./decision.ts";
import { Experiment, type ExperimentArm } from "./schema.ts";
import { type TakenStep, takeStep } from "./take-step.ts";

/** A word of an admin to an experiment. */
export interface AdminWord {
  id: string;
  /** uid of the admin. */
  by: string;
  reason: string;
  /** Event time, epoch ms. */
  nowMs: number;
}

const isHarmful = ({ analysis }: Experiment): boolean => analysis?.recommendation.action === "roll_back";

/** The only writer of `experiments`. Each change is one transaction over the experiment, the routing it moves and the audit. */
export class ExperimentStore {
  private readonly db: Firestore;
  private readonly routing: RoutingStore;
  private readonly deployments: DeploymentStore;
  constructor(db: Firestore) {
    this.db = db;
    this.routing = new RoutingStore(db);
    this.deployments = new DeploymentStore(db);
  }

  /** The experiment that runs, if one does: there is never a second. */
  async running(tx?: Transaction): Promise<Experiment | undefined> {
    const query = this.db.collection("experiments").where("phase", "==", "running").limit(1);
    const { docs } = await (tx === undefined ? query.get() : tx.get(query));
    return docs[0] === undefined ? undefined : parseDocument(Experiment, docs[0]);
  }

  /**
   * Starts an experiment: from the next routing revision on its arms have their visitors. Asked again for the same, it gives what is
   * there.
   * @throws {RefusedError} when its id was used for something else, a deployment or another experiment is going on, an edit of the
   *   routing waits to be judged, or a version is quarantined or removed
   */
  async start(request: Omit<Begin, "salt">, nowMs: number): Promise<Experiment> {
    return this.db.runTransaction(async (tx) => {
      const known = parseDocument(Experiment, await tx.get(this.document(request.id)));
      if (known !== undefined) {
        if (known.phase === "running" && isSame(known, request)) return known;
        throw new RefusedError(
          `there is an experiment ${known.id} already (${known.phase}); give the new one another id`,
        );
      }
      const state = await this.routing.look(tx);
      const { routing } = state;
      await this.refuseTaken(tx, state);
      const outOfUse = await this.outOfUse(tx, request.arms);
      if (outOfUse !== null) throw new RefusedError(outOfUse);
      const outcome = begun({ ...request, salt: randomUUID() }, { routing, nowMs });
      const { requested_by: who, reason, arms, ends_at } = outcome.experiment;
      const details = { arms, ends_at };
      const audit = { who, action: "start_experiment", target: `experiments/${request.id}`, reason, details };
      await this.save(tx, { routing, outcome, audits: [audit], settles: [] });
      return outcome.experiment;
    });
  }

  /**
   * Decides on the stored experiment and carries it out, with an alert if a person should hear of it; undefined if nothing has changed.
   * While somebody's edit of routing waits to be judged it waits too: the edit may be meant for this very experiment.
   */
  async step(id: string, measured: Measured, nowMs: number): Promise<TakenStep | undefined> {
    const taken = await this.db.runTransaction(async (tx) => {
      const stored = parseDocument(Experiment, await tx.get(this.document(id)));
      if (stored === undefined) throw new CorruptError(`experiments/${id} is gone`);
      const { routing, pending } = await this.routing.look(tx);
      if (pending) return undefined;
      const outOfUse = await this.outOfUse(tx, stored.arms);
      const step = takeStep(stored, measured, { routing, outOfUse, nowMs });
      if (step === undefined) return undefined;
      const { action, reason } = step.decision;
      const { log, phase } = step.experiment;
      const isEntry = log.length > stored.log.length;
      const target = `experiments/${id}`;
      const audits = isEntry
        ? [{ who: "system", action: `experiment_${action}`, target, reason, details: { phase } }]
        : [];
      const alert = isEntry ? alertOf(step.experiment, step.decision) : undefined;
      const writeAlert = alert && (await prepareAlert(this.db, tx, `${id}.${log.length}`, alert));
      // Harm that is no longer seen is not one that a person must still act on.
      const isGone = isHarmful(stored) && !isHarmful(step.experiment) && action !== "tell";
      const settles = phase !== "running" || isGone ? ["hold", "tell"] : action === "hold" ? [] : ["hold"];
      await this.save(tx, { routing, outcome: step, audits, settles });
      writeAlert?.();
      return { step, alert };
    });
    if (taken?.alert !== undefined) logAlert(taken.alert);
    return taken?.step;
  }

  /**
   * Ends an experiment at once: everybody of its arms is answered by stable. An edit of the routing that waits to be judged is
   * overtaken, as by any admin's next word. One that was decided at its horizon is closed by it.
   * @throws {InputError} for an experiment that does not exist
   * @throws {RefusedError} when it has ended otherwise
   */
  async stop(word: AdminWord): Promise<Experiment> {
    return this.say(word, ["running", "decided"], () => ({ action: "stop", reason: word.reason }));
  }

  /**
   * Moves the horizon of an experiment that runs.
   * @throws as `stop`, and {RefusedError} when it would last longer than `maxHours`
   */
  async extend(word: AdminWord, { hours, maxHours }: { hours: number; maxHours: number }): Promise<Experiment> {
    return this.say(word, ["running"], ({ started_at, ends_at }) => {
      const planned = (Date.parse(ends_at) - Date.parse(started_at)) / HOUR_MS;
      if (planned + hours > maxHours) {
        throw new RefusedError(`${word.id} would last ${planned + hours} hours; an experiment has ${maxHours} at most`);
      }
      return { action: "extend", reason: word.reason, hours };
    });
  }

  /**
   * Takes an experiment out of the routing, if it still is there, and opens a deployment of the version of one of its arms: all of it or
   * nothing. Also for one that was decided at its horizon.
   * @throws {InputError} for an experiment or arm that does not exist
   * @throws {RefusedError} when the experiment has ended otherwise, the arm is the rules, or its version cannot be deployed now
   */
  async ship(word: AdminWord, { arm, stages }: { arm: string; stages: number[] }): Promise<ShippedExperiment> {
    const { id, by, reason, nowMs } = word;
    return this.db.runTransaction(async (tx) => {
      const before = await this.open(tx, id, ["running", "decided"]);
      const version = before.arms.find(({ name }) => name === arm)?.version;
      if (version === undefined) {
        throw new InputError(`${id} has no arm ${arm}`, [{ path: "arm", message: "names no arm of it" }]);
      }
      if (version === "rules") {
        throw new RefusedError(`arm ${arm} is the rules, which are no release; stop the experiment, and use rollback`);
      }
      const routing = await this.routing.read(tx);
      if (routing.experiment !== null && routing.experiment.id !== id) {
        throw new RefusedError(`the experiment ${routing.experiment.id} runs; a deployment would wait for its end`);
      }
      const request = { version, requestedBy: by, reason: `arm ${arm} of experiment ${id}: ${reason}`, stages, nowMs };
      const opening = await this.deployments.prepareOpening(tx, request, routing);
      const { deployment } = opening;
      const decision = { action: "ship", reason: `${arm}: ${reason}`, deployment: deployment.id } as const;
      const outcome = apply(before, decision, { nowMs, by, routing, analysis: null, earlier: null });
      const details = { arm, deployment: deployment.id };
      const audit = { who: by, action: "ship_experiment", target: `experiments/${id}`, reason, details };
      await this.save(tx, { routing, outcome, audits: [audit, opening.audit], settles: ["hold", "tell", "decide"] });
      opening.write();
      return { experiment: outcome.experiment, deployment };
    });
  }

  /** What counts as now for an admin, in event time. */
  async eventNowMs(): Promise<number> {
    return eventNow(this.db, { serverMs: Date.now(), isVirtual: VIRTUAL_TIME.value() });
  }

  private async say(
    word: AdminWord,
    phases: readonly Experiment["phase"][],
    decided: (experiment: Experiment) => Decision,
  ): Promise<Experiment> {
    const { id, by, reason, nowMs } = word;
    return this.db.runTransaction(async (tx) => {
      const before = await this.open(tx, id, phases);
      const routing = await this.routing.read(tx);
      const decision = decided(before);
      const outcome = apply(before, decision, { nowMs, by, routing, analysis: null, earlier: null });
      const { phase, ends_at } = outcome.experiment;
      const details = { phase, ends_at };
      const audit = { who: by, action: `${decision.action}_experiment`, target: `experiments/${id}`, reason, details };
      const settles = decision.action === "extend" ? ["tell"] : ["hold", "tell", "decide"];
      await this.save(tx, { routing, outcome, audits: [audit], settles });
      return outcome.experiment;
    });
  }

  private async open(tx: Transaction, id: string, phases: readonly Experiment["phase"][]): Promise<Experiment> {
    const experiment = parseDocument(Experiment, await tx.get(this.document(id)));
    if (experiment === undefined) {
      throw new InputError(`there is no experiment ${id}`, [{ path: "id", message: "names no experiment" }]);
    }
    if (!phases.includes(experiment.phase)) throw new RefusedError(`${id} has ended: ${experiment.phase}`);
    return experiment;
  }

  /** An experiment draws from visitors whom nobody else compares: not beside a deployment, not beside another one. */
  private async refuseTaken(tx: Transaction, { routing, pending }: RoutingState): Promise<void> {
    if (pending) throw new RefusedError("an edit of routing/live waits to be judged; try again in a minute");
    const running = await this.running(tx);
    if (running !== undefined) throw new RefusedError(`the experiment ${running.id} runs; stop it first`);
    const deployment = await this.deployments.running(tx);
    if (deployment !== undefined) {
      throw new RefusedError(
        `${deployment.id} is going on; an experiment does not share its visitors: wait or abort it`,
      );
    }
    const taken = takenBy(routing);
    if (taken !== undefined) throw new RefusedError(taken);
  }

  private async outOfUse(tx: Transaction, arms: readonly ExperimentArm[]): Promise<string | null> {
    for (const version of new Set(arms.map((arm) => arm.version))) {
      const reason = await outOfUseIn(tx, this.db, version);
      if (reason !== null) return reason;
    }
    return null;
  }

  /** Writes what belongs together. Reads first, as transactions want it. */
  private async save(tx: Transaction, { routing, outcome, audits, settles }: Saved): Promise<void> {
    const subject = `experiments/${outcome.experiment.id}`;
    const says = outcome.experiment.log.at(-1)?.reason ?? "";
    const resolve = await Promise.all(
      settles.map((kind) => prepareResolved(this.db, tx, { kind: `experiment_${kind}`, subject }, says)),
    );
    const writeAudit = audits[0] === undefined ? null : await prepareAudit(this.db, tx, ...audits);
    tx.set(this.document(outcome.experiment.id), outcome.experiment);
    writeAudit?.();
    for (const write of resolve) write?.();
    if (outcome.routing === null || audits[0] === undefined) return;
    const { who, reason } = audits[0];
    const next = revised(routing, outcome.routing, { who, reason, nowMs: Date.now() });
    this.routing.write(tx, { before: routing, next });
  }

  private document(id: string) {
    return this.db.collection("experiments").doc(id);
  }
}

const HOUR_MS = 3_600_000;

/** A shipped experiment, and the deployment that it has led to. */
export interface ShippedExperiment {
  experiment: Experiment;
  deployment: Deployment;
}

interface Saved {
  routing: Routing;
  outcome: Outcome;
  /** Of what is written; none for a look that has moved nothing. */
  audits: AuditRecord[];
  /** Alerts of the experiment that are over with it, by the action that raised them. */
  settles: readonly string[];
}
