import { createHash } from "node:crypto";
import type { ModelVersion } from "../../functions/src/registry/schema.ts";
import { FINAL_STAGES, type RetrainingJob } from "../../functions/src/train/schema.ts";
import { check, eventually } from "./check.ts";
import { runAt } from "./schedule.ts";
import type { State } from "./state.ts";
import type { Tour } from "./tour.ts";

const MINUTE_MS = 60_000;
/** Seconds for the trigger, and for the job behind it. */
const FIRED_SECONDS = 60;
const TRAINED_SECONDS = 180;

/**
 * Step 3, first half: the volume trigger has fired once, its job is followed to its end, and the version is checked byte
 * by byte.
 * @returns the version's id
 */
export async function firstTraining(tour: Tour): Promise<string> {
  const { narrator, state, life } = tour;
  let atMs = life.crowd.nowMs;
  await eventually(
    async () => {
      if ((await state.firedEvaluations()).length > 0) return true;
      atMs += 5 * MINUTE_MS;
      await runAt(tour, "monitorHealth", atMs);
      return null;
    },
    {
      seconds: FIRED_SECONDS,
      sentence: () => `after ${life.told.accepted} logs the volume trigger should have fired, but no evaluation has`,
    },
  );
  const job = await eventually(
    async () => {
      const [seen] = await state.jobs();
      if (seen === undefined) return null;
      narrator.progress(progressOf(seen));
      return FINAL_STAGES.includes(seen.stage) ? seen : null;
    },
    { seconds: TRAINED_SECONDS, sentence: () => `the retraining should end within ${TRAINED_SECONDS} s, but has not` },
  );
  check(job.stage === "succeeded" && job.version !== null, () => {
    return `the job ${job.id} should have succeeded, but is ${job.stage}: ${job.result}`;
  });
  const { done, total } = job.progress;
  check(
    total > 0 && done === total,
    () => `the job's document should tell all its work done, but tells ${done} of ${total}`,
  );
  await firedOnce(state);
  const versions = await state.versions();
  const [version] = versions;
  check(versions.length === 1 && version !== undefined && version.version === job.version, () => {
    return `the job should have made the one version ${job.version}, but there are: ${versions.map((one) => one.version).join(", ") || "none"}`;
  });
  const bytes = await verified(state, version);
  check(version.gate.verdict === "better", () => {
    return `the version should be better than the rules on the hold-out, but: ${version.gate.reason}`;
  });
  describe(tour, { job, version, bytes });
  return version.version;
}

/** How far a job is, by its document. */
export function progressOf({ stage, progress: { done, total, message } }: RetrainingJob): string {
  const work = total > 0 ? ` ${done} of ${total}` : "";
  return message === stage ? `${stage}${work}` : `${stage}${work}: ${message}`;
}

/** The volume trigger fires once in the whole tour, and opens one job. */
export async function firedOnce(state: State): Promise<void> {
  const fired = await state.firedEvaluations();
  const jobs = await state.jobs();
  const [evaluation] = fired;
  const once = fired.length === 1 && jobs.length === 1 && evaluation?.fired === "data_volume";
  check(once && evaluation?.job === jobs[0]?.id, () => {
    const seen = fired.map(({ id, fired: trigger }) => `${trigger} at ${id}`).join(", ");
    return `the volume trigger should have fired once and opened one job, but there are ${jobs.length} jobs and: ${seen}`;
  });
}

/** Every artefact's size and SHA-256 against the metadata document; the sum of bytes. */
async function verified(state: State, { version, artefacts }: ModelVersion): Promise<number> {
  let sum = 0;
  for (const { path, sha256, bytes } of Object.values(artefacts)) {
    const content = await state.object(path);
    const seen = createHash("sha256").update(content).digest("hex");
    check(seen === sha256 && content.length === bytes, () => {
      return `${path} of ${version} should have ${bytes} bytes with SHA-256 ${sha256}, but has ${content.length} with ${seen}`;
    });
    sum += bytes;
  }
  check(sum > 0, () => `${version} should have artefacts in Storage, but names none`);
  return sum;
}

function describe({ narrator }: Tour, made: { job: RetrainingJob; version: ModelVersion; bytes: number }): void {
  const { job, version, bytes } = made;
  const { data } = version.lineage;
  const seconds = (Date.parse(job.ended_at ?? job.created_at) - Date.parse(job.created_at)) / 1000;
  narrator.note(job.reason);
  narrator.note(`its job ${job.stage} after ${seconds.toFixed(1)} s, ${job.progress.done} models trained`);
  narrator.note(
    `${version.version}: ${data.rows} logs of ${data.sessions} sessions, ${Object.keys(version.artefacts).length} artefacts of ${(bytes / 1024).toFixed(0)} KiB, every SHA-256 as written`,
  );
  for (const [group, figures] of Object.entries(version.metrics.classes)) {
    if (!figures.varies) continue;
    const share = (value: number) => `${(100 * value).toFixed(1)} %`;
    narrator.note(
      `hold-out ${group}: right ${share(figures.accuracy)}, the rules ${share(figures.rules_accuracy)}, the most frequent class ${share(figures.majority_accuracy)}`,
    );
  }
}
