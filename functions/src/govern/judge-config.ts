import type { Firestore } from "firebase-admin/firestore";
import { raiseAlert } from "../shared/alert.ts";
import { LIFECYCLE_PATH } from "../shared/lifecycle.ts";
import { PolicyStore, type WrittenPolicy } from "./store.ts";

/** What became of a write to config/lifecycle, for the log. */
export type ConfigOutcome = "known" | "accepted" | "put_back" | "superseded" | "given_up";

/** Age of a write, milliseconds, up to which judging it is tried again. */
const MAX_AGE_MS = 3_600_000;

/**
 * Judges what somebody wrote to config/lifecycle: a good policy is journaled and copied to routing, a bad one is replaced by
 * the last good one, with an alert and an audit entry that name each field and rule. Until then nobody used it.
 */
export async function judgeConfig(
  db: Firestore,
  write: WrittenPolicy,
  { eventMs, nowMs }: { eventMs: number; nowMs: number },
): Promise<ConfigOutcome> {
  if (nowMs - eventMs > MAX_AGE_MS) {
    const message = `an edit of ${LIFECYCLE_PATH} could not be judged for an hour; a bad one is not in force`;
    await raiseAlert(db, {
      severity: "high",
      kind: "config_not_judged",
      subject: LIFECYCLE_PATH,
      message,
      to_do: "Look for errors of onConfigWritten in the log, mend them, and save the document once more.",
      details: { who: write.who },
    });
    return "given_up";
  }
  const verdict = await new PolicyStore(db).judge(write);
  return verdict?.kind ?? "superseded";
}
