import { availableParallelism } from "node:os";
import type { Bucket } from "@google-cloud/storage";
import type { Firestore } from "firebase-admin/firestore";
import { versionInService } from "../evaluate/version-in-service.ts";
import type { ModelVersion } from "../registry/schema.ts";
import { VersionStore } from "../registry/store.ts";
import { checksums, versionId } from "../registry/version-id.ts";
import { raiseAlert } from "../shared/alert.ts";
import { readLifecycle } from "../shared/lifecycle.ts";
import { assembleVersion } from "./assemble-version.ts";
import { collectDataset } from "./collect-dataset.ts";
import { judgeDataset } from "./dataset-drift.ts";
import { JobFiles } from "./file-store.ts";
import { type HeldJob, LostJobError } from "./held-job.ts";
import { isFinal } from "./job.ts";
import { judgeAwaiting } from "./judge-awaiting.ts";
import { makeReview } from "./make-review.ts";
import type { Assembled } from "./make-version.ts";
import { exhausted, openParent } from "./parent.ts";
import { ReviewStore } from "./review-store.ts";
import { JobStore } from "./store.ts";
import { tidy } from "./tidy.ts";
import { trainUnits } from "./train-units.ts";
import { reviewUnitsOf, unitsOf } from "./units.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

/** Rows x rounds that a core learns between two entries in the job's document, at least one unit. */
const STEP_EFFORT = 100_000;
/** Sessions that a training needs at least; with fewer the job is skipped. */
const MIN_SESSIONS = 100;

/** What a worker works with. */
export interface Worker {
  db: Firestore;
  bucket: Bucket;
  /** Names this worker in the job's lease: unique per task. */
  holder: string;
  /** Server time, epoch ms. */
  clock: () => number;
  /** Version of this package. */
  codeVersion: string;
}

/** How a task ended. After `wait` and `stumbled` the queue should try it again; `handed_over` has enqueued the next. */
export interface RunOutcome {
  outcome: "ended" | "handed_over" | "wait" | "stumbled" | "lost";
  stage: string;
  reason: string;
}

/**
 * Works on a job until it ends or the task's minutes are used, then enqueues the next task. Everything that is finished is
 * in the job's document and in Storage, so whoever comes next goes on from there; an error is recorded and tried again.
 */
export async function runJob(id: string, worker: Worker): Promise<RunOutcome> {
  const { db, bucket, holder, clock } = worker;
  const { jobs: policy } = await readLifecycle(db);
  const endMs = clock() + policy.task_minutes * 60_000;
  const store = new JobStore(db, clock);
  const files = new JobFiles(bucket, id);
  const limits = { maxAttempts: policy.max_attempts, maxHours: policy.max_hours };
  const { decision, held } = await store.claim(id, { holder, leaseSeconds: policy.lease_seconds, ...limits });
  if (held === null) {
    if (decision.action === "wait") return { outcome: "wait", stage: "", reason: decision.reason };
    await tidy(store, files, id);
    return { outcome: "ended", stage: "", reason: decision.reason };
  }
  try {
    const work = new JobWork(worker, files, held);
    while (!isFinal(held.job)) {
      if (clock() >= endMs) {
        await held.report({ type: "handed_over" });
        await store.enqueue(id);
        return { outcome: "handed_over", stage: held.job.stage, reason: "the task's time is used up" };
      }
      await work.step();
    }
    await tidy(store, files, id);
    return { outcome: "ended", stage: held.job.stage, reason: held.job.result ?? "" };
  } catch (error) {
    if (error instanceof LostJobError) {
      // Ended by somebody else or by its deadline: whoever ended it cannot know what this worker has stored since.
      const job = await store.read(id);
      if (job === undefined || isFinal(job)) await tidy(store, files, id);
      return { outcome: "lost", stage: job?.stage ?? "", reason: error.message };
    }
    const outcome = await stumble(held, error, limits.maxAttempts);
    if (isFinal(held.job)) await tidy(store, files, id);
    return outcome;
  }
}

async function stumble(held: HeldJob, error: unknown, maxAttempts: number): Promise<RunOutcome> {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  try {
    await held.report({ type: "stumbled", reason, maxAttempts });
  } catch (cause) {
    // The job cannot be told: its lease runs out, and another worker takes over.
    const message = cause instanceof Error ? cause.message : String(cause);
    return { outcome: "stumbled", stage: held.job.stage, reason: `${reason} (not recorded: ${message})` };
  }
  return { outcome: isFinal(held.job) ? "ended" : "stumbled", stage: held.job.stage, reason };
}

/** The work of one task on one job; what was computed for one step is kept for the next. */
class JobWork {
  private readonly worker: Worker;
  private readonly files: JobFiles;
  private readonly held: HeldJob;
  private opened: Workspace | undefined;
  private assembled: Assembled | undefined;

  constructor(worker: Worker, files: JobFiles, held: HeldJob) {
    this.worker = worker;
    this.files = files;
    this.held = held;
  }

  /** Does the next piece of work, which the job's stage names. */
  async step(): Promise<void> {
    switch (this.held.job.stage) {
      case "collecting":
        return this.collect();
      case "validating":
        return this.validate();
      case "training":
        return this.train();
      case "evaluating":
        return this.evaluate();
      case "registering":
        return this.register();
      case "queued":
      case "succeeded":
      case "skipped":
      case "aborted":
      case "failed":
        throw new RangeError(`there is no work to do on a job that is ${this.held.job.stage}`);
    }
  }

  private async collect(): Promise<void> {
    const { job } = this.held;
    const { db, bucket, clock } = this.worker;
    const nowMs = clock();
    await judgeAwaiting({ db, bucket }, { asOfMs: Date.parse(job.as_of), serverMs: nowMs }, (message) =>
      this.held.beat(message),
    );
    if (job.kind !== "incremental")
      return collectDataset(this.worker.db, this.files, this.held, { seenUntil: null, nowMs });
    const parent = job.in_service === "rules" ? undefined : await this.versions().read(job.in_service);
    if (parent === undefined) {
      const reason = `there is no version to go on from, ${job.in_service} in service`;
      return this.held.report({ type: "ended", stage: "skipped", reason });
    }
    return collectDataset(this.worker.db, this.files, this.held, { seenUntil: parent.lineage.data.to, nowMs });
  }

  private async validate(): Promise<void> {
    const { db } = this.worker;
    const { visits, validation } = await this.workspace();
    const lifecycle = await readLifecycle(db);
    const { features } = await versionInService(this.versions(), this.held.job.in_service, lifecycle.triggers);
    await this.held.report({ type: "validated", validation: judgeDataset(visits, validation, features, lifecycle) });
  }

  private async train(): Promise<void> {
    const workspace = await this.workspace();
    const { examples, parent } = workspace;
    const reason = parent === null ? undefined : exhausted(parent);
    if (reason !== undefined) return this.held.report({ type: "ended", stage: "skipped", reason });
    if (examples.sessions < MIN_SESSIONS) {
      const reason = `${examples.sessions} sessions teach something, ${MIN_SESSIONS} are needed`;
      return this.held.report({ type: "ended", stage: "skipped", reason });
    }
    const all = this.held.job.kind === "review" ? reviewUnitsOf(workspace) : unitsOf(workspace);
    const total = all.length;
    const missing = all.filter(({ name }) => this.held.job.units[name] === undefined);
    if (missing.length === 0) return this.held.report({ type: "all_trained", total });
    // Some seconds of work for every core: no more would be lost if this worker died.
    const effort = Math.max(1, workspace.split.train.length * workspace.training.rounds);
    const units = missing.slice(0, availableParallelism() * Math.max(1, Math.floor(STEP_EFFORT / effort)));
    const results = await trainUnits(workspace, units, (message) => this.held.beat(message));
    for (const [i, { name }] of units.entries()) {
      const { sha256 } = await this.files.put(name, results[i] ?? new Uint8Array());
      await this.held.report({ type: "trained", unit: name, sha256, total });
    }
  }

  private async evaluate(): Promise<void> {
    if (this.held.job.kind === "review") return this.review();
    const { files } = await this.assemble();
    const version = versionId({ createdMs: this.worker.clock(), artefacts: checksums(files) });
    await this.held.report({ type: "evaluated", version });
  }

  private async register(): Promise<void> {
    const { id, version } = this.held.job;
    if (version === null) throw new RangeError(`the job ${id} is registering and has no version`);
    const versions = this.versions();
    let published = await versions.read(version);
    if (published === undefined) {
      const { publication, files } = await this.assemble();
      // Somebody else may have taken over while this was put together: then it is for them to publish.
      await this.held.confirm(`publishing ${version}`);
      published = await versions.publish({ ...publication, version }, files);
    }
    await this.tellOfImportance(published);
    const { verdict, reason } = published.gate;
    const result = `${version} is ${verdict.replaceAll("_", " ")}: ${reason}`;
    await this.held.report({ type: "registered", verdict, result });
  }

  private async review(): Promise<void> {
    const { db, bucket } = this.worker;
    const review = await makeReview({ db, bucket, files: this.files }, await this.workspace(), this.held);
    await new ReviewStore(db).write(review);
    await this.held.report({ type: "reported", result: `reviews/${review.id}: ${review.proposals.join(" ")}` });
  }

  /** A feature that has come into use or gone out of it may be a fault of what sends it: a person should know. */
  private async tellOfImportance({ version, importance }: ModelVersion): Promise<void> {
    const change = importance?.change;
    if (!change || change.appeared.length + change.vanished.length === 0) return;
    const said = [
      ...(change.appeared.length === 0
        ? []
        : [`it looks at ${change.appeared.join(", ")}, which ${change.from} did not`]),
      ...(change.vanished.length === 0 ? [] : [`it no longer looks at ${change.vanished.join(", ")}`]),
    ];
    const { appeared, vanished, from } = change;
    const message = `${version} goes by other features: ${said.join("; ")}`;
    const content = {
      severity: "low",
      kind: "importance_changed",
      subject: version,
      message,
      to_do: "Read the version's model card before it is rolled out further.",
      details: { version, from, appeared, vanished },
    } as const;
    await raiseAlert(this.worker.db, content, version);
  }

  private async workspace(): Promise<Workspace> {
    const { job } = this.held;
    this.opened ??= await openWorkspace(
      this.files,
      job,
      job.kind !== "incremental" ? null : await openParent(this.versions(), job.in_service),
    );
    return this.opened;
  }

  private versions(): VersionStore {
    return new VersionStore(this.worker.db, this.worker.bucket);
  }

  private async assemble(): Promise<Assembled> {
    const { db, bucket, codeVersion } = this.worker;
    this.assembled ??= await assembleVersion(
      { db, bucket, files: this.files, codeVersion },
      await this.workspace(),
      this.held,
    );
    return this.assembled;
  }
}
