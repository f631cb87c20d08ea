import type { ModelVersion } from "../../functions/src/registry/schema.ts";
import { sha256 } from "../../functions/src/shared/canonical.ts";
import { FINAL_STAGES, type RetrainingJob } from "../../functions/src/train/schema.ts";
import { check, eventually } from "./check.ts";
import type { State } from "./state.ts";
import type { Tour } from "./tour.ts";

/** Seconds for a job, from its opening to its end. */
const TRAINED_SECONDS = 180;

/** A job that succeeded, and the version that it made. */
export interface MadeVersion {
  job: RetrainingJob;
  version: ModelVersion;
}

/**
 * Follows a job to its end and checks what it made: one version, byte by byte as its document says.
 * @param isWanted tells the job; it may still have to come
 */
export async function madeVersion(
  { narrator, state }: Tour,
  isWanted: (job: RetrainingJob) => boolean,
): Promise<MadeVersion> {
  const job = await eventually(
    async () => {
      const seen = (await state.jobs()).find(isWanted);
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
  const versions = (await state.versions()).filter(({ lineage }) => lineage.job === job.id);
  const [version] = versions;
  check(versions.length === 1 && version !== undefined && version.version === job.version, () => {
    return `the job ${job.id} should have made the one version ${job.version}, but there are: ${versions.map((one) => one.version).join(", ") || "none"}`;
  });
  const bytes = await verified(state, version);
  const seconds = (Date.parse(job.ended_at ?? job.created_at) - Date.parse(job.created_at)) / 1000;
  const { data } = version.lineage;
  narrator.note(job.reason);
  narrator.note(`its job ${job.stage} after ${seconds.toFixed(1)} s, ${job.progress.done} units of work done`);
  narrator.note(
    `${version.version}: ${data.rows} logs of ${data.sessions} sessions, ${Object.keys(version.artefacts).length} artefacts of ${(bytes / 1024).toFixed(0)} KiB, every SHA-256 as written`,
  );
  return { job, version };
}

/** How far a job is, by its document. */
export function progressOf({ stage, progress: { done, total, message } }: RetrainingJob): string {
  const work = total > 0 ? ` ${done} of ${total}` : "";
  return message === stage ? `${stage}${work}` : `${stage}${work}: ${message}`;
}

/** Every artefact's size and SHA-256 against the metadata document; the sum of bytes. */
async function verified(state: State, { version, artefacts }: ModelVersion): Promise<number> {
  let sum = 0;
  for (const { path, sha256: wanted, bytes } of Object.values(artefacts)) {
    const content = await state.object(path);
    const seen = sha256(content);
    check(seen === wanted && content.length === bytes, () => {
      return `${path} of ${version} should have ${bytes} bytes with SHA-256 ${wanted}, but has ${content.length} with ${seen}`;
    });
    sum += bytes;
  }
  check(sum > 0, () => `${version} should have artefacts in Storage, but names none`);
  return sum;
}
