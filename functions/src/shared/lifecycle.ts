import type { Firestore } from "firebase-admin/firestore";
import { Lifecycle } from "../config.ts";
import { CorruptError, fieldIssues, inWords } from "./errors.ts";

/** `config/lifecycle`, the policy that admins edit. */
export const LIFECYCLE_PATH = "config/lifecycle";
/** Good policies, newest last by id: what a bad edit is put back to. */
export const LIFECYCLE_JOURNAL = "config/lifecycle/journal";

/**
 * The policy in force: the document if it is valid, else the last one that was, else the defaults. A bad edit is put back
 * by onConfigWritten; until then nobody acts on it.
 */
export async function readLifecycle(db: Firestore): Promise<Lifecycle> {
  const snapshot = await db.doc(LIFECYCLE_PATH).get();
  if (!snapshot.exists) return Lifecycle.parse({});
  const parsed = Lifecycle.safeParse(snapshot.data());
  if (parsed.success) return parsed.data;
  return (await lastGoodLifecycle(db)) ?? Lifecycle.parse({});
}

/** The newest journaled policy, or undefined before the first. */
async function lastGoodLifecycle(db: Firestore): Promise<Lifecycle | undefined> {
  const newest = await db.collection(LIFECYCLE_JOURNAL).orderBy("n", "desc").limit(1).get();
  const stored = newest.docs[0]?.data()["policy"] as unknown;
  if (stored === undefined) return undefined;
  const parsed = Lifecycle.safeParse(stored);
  if (parsed.success) return parsed.data;
  throw new CorruptError(`the journal of ${LIFECYCLE_PATH} is not valid: ${inWords(fieldIssues(parsed.error))}`);
}

/** The policy as an instance keeps it in memory, for use in requests. */
export class LifecycleCache {
  private readonly db: Firestore;
  private readonly freshMs: number;
  private policy: Lifecycle | undefined;
  private readAtMs = 0;

  /** @param freshMs milliseconds for which what was read is used without looking again */
  constructor(db: Firestore, freshMs: number) {
    this.db = db;
    this.freshMs = freshMs;
  }

  /** The policy, at most `freshMs` old; older only if it cannot be read now. */
  async read(): Promise<Lifecycle> {
    const nowMs = Date.now();
    if (this.policy !== undefined && nowMs - this.readAtMs < this.freshMs) return this.policy;
    try {
      this.policy = await readLifecycle(this.db);
      this.readAtMs = nowMs;
    } catch (error) {
      if (this.policy === undefined) throw error;
    }
    return this.policy;
  }
}
