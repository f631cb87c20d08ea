import type { Bucket } from "@google-cloud/storage";
import type { Firestore } from "firebase-admin/firestore";
import { VersionStore } from "../registry/store.ts";
import { assembleReview } from "./assemble-review.ts";
import { versionInService } from "./assemble-version.ts";
import type { JobFiles } from "./file-store.ts";
import type { Review } from "./schema.ts";
import type { HeldJob } from "./store.ts";
import { readSamples, validSamples, type Workspace } from "./workspace.ts";

/** Versions whose importance a review shows. */
const RECENT = 10;

/** Makes the review of a job whose models are trained. */
export async function makeReview(
  { db, bucket, files }: { db: Firestore; bucket: Bucket; files: JobFiles },
  workspace: Workspace,
  held: HeldJob,
): Promise<Review> {
  const { job } = held;
  const versions = new VersionStore(db, bucket);
  const recent = (await versions.list(RECENT)).flatMap(({ version, trained_at, importance }) =>
    importance === undefined ? [] : [{ version, trained_at, gain: importance.gain }],
  );
  const serving = await versionInService(versions, job.in_service);
  const [fromMs, toMs, asOfMs] = [job.dataset?.from ?? job.as_of, job.dataset?.to ?? job.as_of, job.as_of].map((time) =>
    Date.parse(time),
  ) as [number, number, number];
  const { valid: samples } = validSamples(await readSamples(files, job), { fromMs, toMs, asOfMs }, workspace.limits);
  return assembleReview({ workspace, samples, job, files, serving, recent }, (message) => held.beat(message));
}
