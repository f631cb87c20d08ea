import type { ApiError, Bucket } from "@google-cloud/storage";
import { logger } from "firebase-functions";
import { sha256 } from "../shared/canonical.ts";
import { CorruptError } from "../shared/errors.ts";
import { readObject } from "../shared/read-object.ts";

/** Hex digits of the hash that are in an object's name. */
const NAME_DIGITS = 12;

/** A job's working files in Storage, `retraining_jobs/{job}/{name}.{hash}`: named by content, created and never overwritten. */
export class JobFiles {
  private readonly bucket: Bucket;
  private readonly prefix: string;
  constructor(bucket: Bucket, job: string) {
    this.bucket = bucket;
    this.prefix = `retraining_jobs/${job}/`;
  }

  /** Stores bytes; the same content a second time is the same object. */
  async put(name: string, bytes: Uint8Array): Promise<{ path: string; sha256: string }> {
    const hash = sha256(bytes);
    const path = this.path(name, hash);
    try {
      await this.bucket.file(path).save(Buffer.from(bytes), {
        resumable: false,
        preconditionOpts: { ifGenerationMatch: 0 },
        contentType: "application/octet-stream",
      });
    } catch (error) {
      // 412: an earlier attempt has stored it; whether it is whole is seen when it is read.
      if ((error as ApiError).code !== 412) throw error;
    }
    return { path, sha256: hash };
  }

  /**
   * The bytes that `put` stored under this name and hash.
   * @throws {CorruptError} they are not there, or others
   */
  async get(name: string, hash: string): Promise<Uint8Array> {
    const path = this.path(name, hash);
    try {
      const bytes = await readObject(this.bucket.file(path));
      if (sha256(bytes) !== hash) throw new CorruptError(`${path} is not what was stored`);
      return bytes;
    } catch (error) {
      if ((error as ApiError).code === 404) throw new CorruptError(`${path} is missing`, { cause: error });
      throw error;
    }
  }

  /** Deletes the files of a job that is over: they hold visits, and nobody needs them any more. Never throws. */
  async clear(): Promise<void> {
    try {
      await this.bucket.deleteFiles({ prefix: this.prefix, force: true });
    } catch (error) {
      logger.warn("working files not deleted", { prefix: this.prefix, reason: String(error) });
    }
  }

  private path(name: string, hash: string): string {
    return `${this.prefix}${name}.${hash.slice(0, NAME_DIGITS)}`;
  }
}
