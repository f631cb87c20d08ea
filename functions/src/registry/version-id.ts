import { sha256 } from "../shared/canonical.ts";
import type { Artefact } from "./schema.ts";

/** File name -> what is known of its bytes. */
export type Checksums = Readonly<Record<string, Pick<Artefact, "sha256" | "bytes">>>;

/** SHA-256 and size of every file of a version. */
export function checksums(files: ReadonlyMap<string, Uint8Array>): Checksums {
  return Object.fromEntries(
    [...files].map(([file, bytes]) => [file, { sha256: sha256(bytes), bytes: bytes.byteLength }]),
  );
}

/** 12 hex digits of the SHA-256 over the sorted lines `file sha256`: the same files, the same hash, in any order. */
export function contentHash(artefacts: Checksums): string {
  const lines = Object.entries(artefacts).map(([file, artefact]) => `${file} ${artefact.sha256}`);
  return sha256(lines.sort().join("\n")).slice(0, 12);
}

/** `v_20260928T051200Z_0123456789ab`: when it was made (server time, whole seconds) and from what; sorts by time. */
export function versionId({ createdMs, artefacts }: { createdMs: number; artefacts: Checksums }): string {
  const time = new Date(createdMs).toISOString().replace(/[-:]|\.\d+/g, "");
  return `v_${time}_${contentHash(artefacts)}`;
}

/**
 * The time in a version id, epoch ms.
 * @throws {RangeError} for what is no version id
 */
export function versionTime(version: string): number {
  const [, y, mo, d, h, mi, s] = /^v_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z_/.exec(version) ?? [];
  const ms = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
  if (Number.isNaN(ms)) throw new RangeError(`${version} is not a version id`);
  return ms;
}
