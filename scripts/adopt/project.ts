import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { reasonOf } from "../../functions/src/shared/errors.ts";
import { RefusedError } from "../cli/command-line.ts";
import type { Adopted } from "./adopted.ts";

/** Our folder in a project. */
export const FOLDER = "perennial";

/** Where an adoption is on record. */
export const ADOPTED = `${FOLDER}/adopted.json`;

/** The folder of a Firebase project; nothing outside of it is read or written. */
export class ProjectFolder {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** @throws {RefusedError} it lies outside, or is not UTF-8, of which no copy would be the same */
  read(path: string): string | null {
    const file = this.locate(path);
    if (!existsSync(file)) return null;
    const bytes = readFileSync(file);
    const text = bytes.toString("utf8");
    if (!Buffer.from(text).equals(bytes)) throw new RefusedError(`${path} is not a text in UTF-8.`);
    return text;
  }

  /** Writes all of a file or nothing of it, and keeps its mode, or the link that it is; null removes it. */
  write(path: string, content: string | Uint8Array | null): void {
    const named = this.locate(path);
    if (content === null) {
      rmSync(named, { force: true });
      return;
    }
    mkdirSync(dirname(named), { recursive: true });
    const file = existsSync(named) ? realpathSync(named) : named;
    // One name for all runs, so that what one has left behind the next one takes away.
    const unfinished = `${file}.unfinished`;
    writeFileSync(unfinished, content);
    if (existsSync(file)) chmodSync(unfinished, statSync(file).mode);
    renameSync(unfinished, file);
  }

  /** Removes a folder with everything in it. */
  remove(path: string): void {
    rmSync(this.locate(path), { recursive: true, force: true });
  }

  /** @throws {RefusedError} it lies outside of the project */
  locate(path: string): string {
    const file = resolve(this.root, path);
    if (relative(this.root, file).startsWith("..")) throw new RefusedError(`${path} lies outside of the project.`);
    return file;
  }

  /** The record of an earlier adoption, or null if there was none. */
  adopted(): Adopted | null {
    const text = this.read(ADOPTED);
    if (text === null) {
      if (!existsSync(join(this.root, FOLDER))) return null;
      throw new RefusedError(`The project has a folder ${FOLDER}/ that is not from an adoption: give it another name.`);
    }
    try {
      const adopted = JSON.parse(text) as Adopted;
      if (adopted.schema_version === 1) return adopted;
    } catch (cause) {
      throw new RefusedError(`${ADOPTED} cannot be read: ${reasonOf(cause)}.`, { cause });
    }
    throw new RefusedError(`${ADOPTED} is from another version of Perennial: undo the adoption with that.`);
  }

  /** Puts an adoption on record. */
  record(adopted: Adopted): void {
    this.write(ADOPTED, `${JSON.stringify(adopted, null, 2)}\n`);
  }
}
