import type { ApiError, Bucket } from "@google-cloud/storage";
import { FieldPath, type Firestore, type Transaction } from "firebase-admin/firestore";
import { logger } from "firebase-functions";
import { type JudgedModel, openBundle } from "../model/bundle.ts";
import { Bundle, XGBOOST_JSON } from "../model/schema.ts";
import { type AlertContent, logAlert, prepareAlert } from "../shared/alert.ts";
import { canonicalJson, sha256 } from "../shared/canonical.ts";
import { CorruptError, fieldIssues, inWords, reasonOf } from "../shared/errors.ts";
import { alreadyExists, parseDocument, readableDocument } from "../shared/firestore.ts";
import { readObject } from "../shared/read-object.ts";
import { iso } from "../shared/time.ts";
import { outOfUse } from "./out-of-use.ts";
import { PARITY_FILE } from "./parity-file.ts";
import { type Artefact, ModelVersion } from "./schema.ts";
import { checksums, contentHash, versionTime } from "./version-id.ts";

/** What a publisher tells of a version; the store adds checksums, and the time from the id (so that a retry says the same). */
export type Publication = Omit<ModelVersion, "schema_version" | "created_at" | "artefacts" | "quarantined" | "removed">;

/** A version in use: its document, what its models answer, and the models. */
export interface LoadedVersion {
  meta: ModelVersion;
  bundle: Bundle;
  model: JudgedModel;
  files: ReadonlyMap<string, Uint8Array>;
}

/** Where files are. */
const FOLDER = "model_versions/";
/** Documents that one query of a look at all of them reads. */
const PAGE = 100;
/** Versions that were removed, among which older ones that were kept are looked for. */
const REMOVED_BETWEEN = 40;

/** Versions at rest: metadata in `model_versions`, artefacts in Storage under `model_versions/{version}/`. */
export class VersionStore {
  private readonly db: Firestore;
  private readonly bucket: Bucket;
  constructor(db: Firestore, bucket: Bucket) {
    this.db = db;
    this.bucket = bucket;
  }

  /** The document of a version, or undefined if there is none. */
  async read(version: string): Promise<ModelVersion | undefined> {
    return parseDocument(ModelVersion, await this.versions().doc(version).get());
  }

  /**
   * The newest versions first, without those that were removed. One whose document somebody spoilt is left out, with a line in
   * the log.
   */
  async list(limit: number): Promise<ModelVersion[]> {
    return (await this.history(limit + REMOVED_BETWEEN)).filter(({ removed }) => removed === undefined).slice(0, limit);
  }

  /**
   * Versions that were ever registered, the newest first.
   * @param before only those that are older than this id
   */
  async history(limit: number, before?: string): Promise<ModelVersion[]> {
    const newest = this.versions().orderBy("version", "desc").limit(limit);
    const { docs } = await (before === undefined ? newest : newest.startAfter(before)).get();
    return docs.flatMap((doc) => {
      const parsed = ModelVersion.safeParse(doc.data());
      if (parsed.success) return [parsed.data];
      logger.error("unreadable version", { path: doc.ref.path, reason: inWords(fieldIssues(parsed.error)) });
      return [];
    });
  }

  /**
   * Every version that was ever registered, and the ids of those whose document somebody spoilt: there is a version all the
   * same, and it may be in use.
   */
  async everything(): Promise<{ versions: ModelVersion[]; unreadable: string[] }> {
    const ordered = this.versions().orderBy(FieldPath.documentId()).limit(PAGE);
    const versions: ModelVersion[] = [];
    const unreadable: string[] = [];
    for (let page = ordered; ; ) {
      const { docs } = await page.get();
      for (const doc of docs) {
        const version = readableDocument(ModelVersion, doc);
        if (version === null) unreadable.push(doc.id);
        else versions.push(version);
      }
      const last = docs.at(-1);
      if (last === undefined || docs.length < PAGE) return { versions, unreadable };
      page = ordered.startAfter(last.id);
    }
  }

  /**
   * Publishes in two phases: artefacts are created, never overwritten, read back and verified; the document comes last. A
   * crash leaves objects that nobody sees, and doing it again with the same content goes on where it stopped.
   * @throws {CorruptError} when what is stored under this version is something else
   */
  async publish(publication: Publication, files: ReadonlyMap<string, Uint8Array>): Promise<ModelVersion> {
    const { version } = publication;
    const sums = checksums(files);
    if (!version.endsWith(`_${contentHash(sums)}`)) throw new RangeError(`${version} is not the id of these files`);
    const artefacts: Record<string, Artefact> = {};
    for (const [file, bytes] of files) {
      const artefact = { path: `model_versions/${version}/${file}`, ...sums[file] } as Artefact;
      await this.create(artefact, bytes);
      artefacts[file] = artefact;
    }
    const meta = ModelVersion.parse({
      ...publication,
      schema_version: 1,
      created_at: iso(versionTime(version)),
      artefacts,
    });
    try {
      await this.versions().doc(version).create(meta);
    } catch (error) {
      if (!alreadyExists(error)) throw error;
      const stored = await this.read(version);
      if (canonicalJson(stored) !== canonicalJson(meta)) {
        throw new CorruptError(`model_versions/${version} exists with other content`, { cause: error });
      }
    }
    return meta;
  }

  /**
   * Puts the gate's verdict on a version that awaited evidence. One that has its verdict keeps it: done twice, the first holds.
   * @throws {CorruptError} the version is not there
   */
  async judge(version: string, gate: ModelVersion["gate"]): Promise<void> {
    await this.db.runTransaction(async (tx) => {
      const ref = this.versions().doc(version);
      const meta = parseDocument(ModelVersion, await tx.get(ref));
      if (meta === undefined) throw new CorruptError(`there is no model_versions/${version}`);
      if (meta.gate.verdict === "awaiting_evidence") tx.update(ref, { gate: ModelVersion.shape.gate.parse(gate) });
    });
  }

  /**
   * The files of a version, each verified against the document by size and SHA-256: those that an answer needs, or every one,
   * the JSON exports and the trainer's answers too. A version with a damaged file is quarantined, and not looked at again.
   * @throws {CorruptError} naming the file that is missing or is not what was published
   */
  async loadFiles(
    version: string,
    which: "needed" | "every" = "needed",
  ): Promise<{ meta: ModelVersion; files: ReadonlyMap<string, Uint8Array> }> {
    const meta = await this.read(version);
    if (meta === undefined) throw new CorruptError(`there is no model_versions/${version}`);
    const reason = outOfUse(meta);
    if (reason !== null) throw new CorruptError(reason);
    const wanted = Object.entries(meta.artefacts).filter(([file]) => which === "every" || isNeeded(file));
    const files = await Promise.all(
      wanted.map(async ([file, artefact]): Promise<[string, Uint8Array]> => {
        try {
          return [file, await this.download(artefact)];
        } catch (error) {
          if (error instanceof CorruptError && error.object !== undefined) await this.confirmDamage(version, artefact);
          throw error;
        }
      }),
    );
    return { meta, files: new Map(files) };
  }

  /** Looks once more at a file that seemed damaged, since a broken transfer is no damage, and puts its version in quarantine. */
  private async confirmDamage(version: string, artefact: Artefact): Promise<void> {
    try {
      await this.download(artefact);
    } catch (error) {
      if (!(error instanceof CorruptError)) throw error;
      await this.quarantine(version, { file: artefact.path, reason: error.message });
    }
  }

  /**
   * Takes a version out of use, with an alert that says which file is damaged. Done again, it changes nothing. An admin who has
   * put the file back deletes the field `quarantined`.
   */
  async quarantine(version: string, { file, reason }: { file: string; reason: string }): Promise<void> {
    const alert: AlertContent = {
      severity: "high",
      kind: "version_quarantined",
      subject: file,
      message: `${version} is in quarantine and answers nobody any more, previous_good or the rules do: ${reason}`,
      to_do: `Put ${file} back from a backup and delete the field quarantined of model_versions/${version}, or deploy another version.`,
      details: { version, file },
    };
    const isNew = await this.db.runTransaction(async (tx) => {
      const ref = this.versions().doc(version);
      const meta = parseDocument(ModelVersion, await tx.get(ref));
      if (meta === undefined || meta.quarantined !== undefined) return false;
      const at = iso(Date.now());
      const raise = await prepareAlert(this.db, tx, `${version}.${at}`, alert);
      tx.update(ref, { quarantined: { at, file, reason } });
      raise();
      return true;
    });
    if (isNew) logAlert(alert);
  }

  /**
   * Takes a version off the list for good: its document stays as a tombstone, its files may be deleted from then on.
   * @param isFree asked in the same transaction, after all that it reads; a version that is in use after all stays
   * @returns whether it is removed now, or was before
   */
  async bury(version: string, why: string, isFree: (tx: Transaction) => Promise<boolean>): Promise<boolean> {
    return this.db.runTransaction(async (tx) => {
      const ref = this.versions().doc(version);
      const meta = parseDocument(ModelVersion, await tx.get(ref));
      if (meta === undefined) return false;
      if (meta.removed !== undefined) return true;
      if (!(await isFree(tx))) return false;
      tx.update(ref, { removed: { at: iso(Date.now()), why } });
      return true;
    });
  }

  /** Ids of the versions that have files in Storage, whether there is a document of them or not. */
  async stored(): Promise<string[]> {
    const [files] = await this.bucket.getFiles({ prefix: FOLDER, fields: "items(name),nextPageToken" });
    return [...new Set(files.map(({ name }) => name.slice(FOLDER.length).split("/")[0] ?? ""))].sort();
  }

  /**
   * Deletes the files of a version that is buried, or that nobody ever published. Whatever was planned, those of a version with a
   * document that is no tombstone stay.
   * @returns whether they may be gone now
   */
  async deleteFiles(version: string): Promise<boolean> {
    const document = await this.versions().doc(version).get();
    if (document.exists && typeof document.get("removed.at") !== "string") return false;
    await this.bucket.deleteFiles({ prefix: `${FOLDER}${version}/` });
    return true;
  }

  /**
   * A version ready to answer; `which` of its files are verified is as for `loadFiles`.
   * @throws {CorruptError} naming the file that is missing, is not what was published, or cannot be opened
   */
  async load(version: string, which: "needed" | "every" = "needed"): Promise<LoadedVersion> {
    const { meta, files } = await this.loadFiles(version, which);
    const bundle = parseBundle(version, files.get("bundle.json"));
    try {
      return { meta, bundle, model: openBundle(bundle, files), files };
    } catch (cause) {
      const reason = reasonOf(cause);
      throw new CorruptError(`model_versions/${version} cannot be opened: ${reason}`, { cause });
    }
  }

  /** The models of a version, ready to answer, from the files that this needs; throws like `load`. */
  async loadModel(version: string): Promise<JudgedModel> {
    return (await this.load(version)).model;
  }

  private versions() {
    return this.db.collection("model_versions");
  }

  /** Creates an object, or takes the one that an earlier attempt has created; what is there then is checked. */
  private async create(artefact: Artefact, bytes: Uint8Array): Promise<void> {
    const file = this.bucket.file(artefact.path);
    try {
      // The precondition alone would do in production; the Storage emulator takes it and does not enforce it.
      const [exists] = await file.exists();
      const preconditionOpts = { ifGenerationMatch: 0 };
      if (!exists)
        await file.save(Buffer.from(bytes), { resumable: false, preconditionOpts, contentType: typeOf(artefact) });
    } catch (error) {
      // 412: somebody was faster.
      if ((error as ApiError).code !== 412) throw error;
    }
    await this.download(artefact);
  }

  private async download(artefact: Artefact): Promise<Uint8Array> {
    const bytes = await readObject(this.bucket.file(artefact.path)).catch((error: ApiError) => {
      if (error.code === 404)
        throw new CorruptError(`${artefact.path} is missing`, { cause: error, object: artefact.path });
      throw error;
    });
    if (bytes.byteLength !== artefact.bytes) {
      const message = `${artefact.path} has ${bytes.byteLength} bytes, not ${artefact.bytes}`;
      throw new CorruptError(message, { object: artefact.path });
    }
    const found = sha256(bytes);
    if (found !== artefact.sha256) {
      const message = `${artefact.path} has SHA-256 ${found}, not ${artefact.sha256}`;
      throw new CorruptError(message, { object: artefact.path });
    }
    return bytes;
  }
}

/**
 * As `outOfUse`, of a version that a transaction is about to put in use: neither quarantine nor clean-up can then come between
 * the look and the write. Null for the rules, and for a version that is not registered, which cannot be loaded anyway.
 */
export async function outOfUseIn(tx: Transaction, db: Firestore, version: string): Promise<string | null> {
  if (version === "rules") return null;
  const snapshot = await tx.get(db.collection("model_versions").doc(version));
  try {
    const meta = parseDocument(ModelVersion, snapshot);
    return meta === undefined ? null : outOfUse(meta);
  } catch (error) {
    if (error instanceof CorruptError) return error.message;
    throw error;
  }
}

/** Files that no answer needs: people, other programs and the check before a deployment read them. */
function isNeeded(file: string): boolean {
  return !file.endsWith(XGBOOST_JSON) && !file.endsWith(".md") && file !== PARITY_FILE;
}

function typeOf({ path }: Artefact): string {
  if (path.endsWith(".md")) return "text/markdown; charset=utf-8";
  return path.endsWith(".json") ? "application/json" : "application/octet-stream";
}

function parseBundle(version: string, bytes: Uint8Array | undefined): Bundle {
  const path = `model_versions/${version}/bundle.json`;
  if (bytes === undefined) throw new CorruptError(`${path} is missing`);
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw new CorruptError(`${path} is not JSON`, { cause });
  }
  const parsed = Bundle.safeParse(json);
  if (!parsed.success) throw new CorruptError(`${path} is not valid: ${inWords(fieldIssues(parsed.error))}`);
  return parsed.data;
}
