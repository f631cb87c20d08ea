import type { Bucket } from "@google-cloud/storage";
import type { Firestore } from "firebase-admin/firestore";
import { LogStore } from "../collect/store.ts";
import { Lifecycle } from "../config.ts";
import { VersionStore } from "../registry/store.ts";
import { checksums } from "../registry/version-id.ts";
import { RefusedError } from "../shared/errors.ts";
import { collectSamples } from "./collect-dataset.ts";
import { fingerprint } from "./dataset.ts";
import type { TargetName } from "./labels.ts";
import { makeVersion } from "./make-version.ts";
import { openParent } from "./parent.ts";
import { trainUnits } from "./train-units.ts";
import { preparedWorkspace } from "./workspace.ts";

/** A file of a version, as it was published and as it was made again. */
interface ReproducedFile {
  file: string;
  published: string;
  /** SHA-256, hex; null if it was not made. */
  reproduced: string | null;
}

/** Whether a version could be made again, byte for byte. */
export interface Reproduction {
  version: string;
  rows: number;
  isSame: boolean;
  files: ReproducedFile[];
}

/**
 * Makes a version again from what its document tells: the same visits, by the same rules, with the same parameters, and the same
 * version to compare with. Nothing is written.
 * @param beat told what is being done
 * @throws {RefusedError} it is not registered or tells too little, its visits are not all there any more, or the release is another
 * @throws {CorruptError} what it was compared with cannot be read
 */
export async function reproduceVersion(
  { db, bucket, codeVersion }: { db: Firestore; bucket: Bucket; codeVersion: string },
  version: string,
  beat: (message: string) => Promise<void>,
): Promise<Reproduction> {
  const versions = new VersionStore(db, bucket);
  const meta = await versions.read(version);
  if (meta === undefined) throw new RefusedError(`there is no version ${version}`);
  const { lineage, trained_at: trainedAt, gate } = meta;
  const { data, parameters, target_policy, seed, validation } = lineage;
  if (data.collected_at === undefined || validation === undefined) {
    throw new RefusedError(`${version} was trained before a version told how to make it again`);
  }
  if (lineage.code !== codeVersion) {
    throw new RefusedError(
      `${version} was trained by release ${lineage.code}: check that one out, this is ${codeVersion}`,
    );
  }
  const { training, validation: limits } = Lifecycle.parse({
    training: { ...parameters, target_policy, seed },
    validation,
  });
  const window = { fromMs: Date.parse(data.from), toMs: Date.parse(data.to) };
  const bounds = { maxSessions: training.max_sessions, seed };
  const matureMs = Date.parse(data.collected_at);
  const { samples } = await collectSamples(new LogStore(db), { ...window, matureMs }, bounds, (read) =>
    beat(`${read} logs read`),
  );
  const parent = lineage.kind === "full" ? null : await openParent(versions, lineage.parent ?? "");
  const times = { ...window, asOfMs: Date.parse(trainedAt) };
  const workspace = preparedWorkspace(samples, times, { training, limits, parent });
  const found = fingerprint(workspace.examples.ids);
  if (found !== data.fingerprint) {
    throw new RefusedError(
      `the visits of ${version} are not all there any more: ${workspace.examples.ids.length} of ${data.rows}, ` +
        `fingerprint ${found.slice(0, 12)} and not ${data.fingerprint.slice(0, 12)}`,
    );
  }
  const units = workspace.plan.trees.map((target) => ({ name: target, target, fold: null }));
  const boosters = new Map<TargetName, Uint8Array>();
  (await trainUnits(workspace, units, beat)).forEach((bytes, i) => {
    boosters.set(units[i]?.target as TargetName, bytes);
  });
  // Not the one that it would be compared with now: without it, the figures cannot be the same.
  const serving = gate.against === "rules" ? null : await versions.load(gate.against);
  const { files } = await makeVersion(workspace, { boosters, serving, trainedAt, lineage }, beat);
  const sums = checksums(files);
  const names = [...new Set([...Object.keys(meta.artefacts), ...files.keys()])].sort();
  const compared = names.map((file) => ({
    file,
    published: meta.artefacts[file]?.sha256 ?? "",
    reproduced: sums[file]?.sha256 ?? null,
  }));
  const isSame = compared.every(({ published, reproduced }) => published === reproduced);
  return { version, rows: workspace.examples.ids.length, isSame, files: compared };
}
