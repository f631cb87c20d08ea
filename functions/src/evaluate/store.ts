import { FieldPath, type Firestore } from "firebase-admin/firestore";
import { expiryOf } from "../shared/expiry.ts";
import { alreadyExists, parseDocument, readableDocument } from "../shared/firestore.ts";
import { hourId } from "../shared/time.ts";
import { FINAL_STAGES, JobStage } from "../train/schema.ts";
import { Evaluation, TriggerName } from "./schema.ts";

/** Decisions that one look back reads at most: one for each hour of the longest cool-down, 720. */
const MAX_RECENT = 721;

const HOURS_OF_DAY = 24;

/** The only writer of `evaluations`, one document per decision and event hour. */
export class EvaluationStore {
  private readonly db: Firestore;
  constructor(db: Firestore) {
    this.db = db;
  }

  /** The decision of an hour (`hourId`), or undefined if none was made. */
  async read(id: string): Promise<Evaluation | undefined> {
    return parseDocument(Evaluation, await this.evaluations().doc(id).get());
  }

  /**
   * Decisions that fired in the hour that holds `fromMs` or later, oldest first. There is no upper end: event time can go
   * back, and what fired later than now has fired all the same.
   */
  async firedSince(fromMs: number): Promise<Evaluation[]> {
    const { docs } = await this.evaluations()
      .where("fired", "in", TriggerName.options)
      .where(FieldPath.documentId(), ">=", hourId(fromMs))
      .orderBy(FieldPath.documentId())
      .limit(MAX_RECENT)
      .get();
    return docs.flatMap((doc) => readableDocument(Evaluation, doc) ?? []);
  }

  /** Decisions of the hours of event time in [fromMs, toMs), at most a day's, oldest first. */
  async range({ fromMs, toMs }: { fromMs: number; toMs: number }): Promise<Evaluation[]> {
    const { docs } = await this.evaluations()
      .orderBy(FieldPath.documentId())
      .startAt(hourId(fromMs))
      .endBefore(hourId(toMs))
      .limit(HOURS_OF_DAY)
      .get();
    return docs.flatMap((doc) => readableDocument(Evaluation, doc) ?? []);
  }

  /** Puts a decision on record; false, and nothing written, if its hour has one. */
  async create(evaluation: Evaluation): Promise<boolean> {
    try {
      await this.evaluations()
        .doc(evaluation.id)
        .create({ ...evaluation, expire_at: expiryOf("decided", Date.now()) });
      return true;
    } catch (error) {
      if (alreadyExists(error)) return false;
      throw error;
    }
  }

  /** Notes the job that a fired decision has led to. */
  async recordJob(id: string, job: string): Promise<void> {
    await this.evaluations().doc(id).update({ job });
  }

  /** Id of a job that is queued or running, or null. */
  async openJob(): Promise<string | null> {
    const open = JobStage.options.filter((stage) => !FINAL_STAGES.includes(stage));
    const { docs } = await this.db.collection("retraining_jobs").where("stage", "in", open).limit(1).get();
    return docs[0]?.id ?? null;
  }

  private evaluations() {
    return this.db.collection("evaluations");
  }
}
