import { accessSync, constants, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Booster } from "../../functions/src/model/format.ts";
import { type ModelFile, readModel } from "../../functions/src/model/read-model.ts";
import { writeBooster } from "../../functions/src/model/write-booster.ts";
import { writeXgboostJson } from "../../functions/src/model/write-xgboost-json.ts";
import { RefusedError } from "../cli/command-line.ts";

/**
 * The bytes of a file.
 * @throws {RefusedError} it cannot be read
 */
function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new RefusedError(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/**
 * A model in any form that we take.
 * @throws {RefusedError} it is none, with the reason
 */
export function readModelFile(file: string): ModelFile & { bytes: Uint8Array } {
  const bytes = readBytes(file);
  try {
    return { ...readModel(bytes), bytes };
  } catch (cause) {
    throw new RefusedError(`${file} is refused: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Finds out that a model could not be written before there is one.
 * @param parent what the model will go on from, if there is one
 * @throws {RefusedError} as writeModelFile
 */
export function checkModelFile(file: string, parent?: Booster): void {
  try {
    if (!existsSync(file)) accessSync(dirname(file), constants.W_OK);
    else if (statSync(file).isDirectory()) throw new Error("it is a folder");
    else accessSync(file, constants.W_OK);
    if (parent !== undefined) encoded(file, parent);
  } catch (cause) {
    throw new RefusedError(`${file} cannot be written: ${(cause as Error).message}`, { cause });
  }
}

/** XGBoost JSON if the name ends in .json, the binary of XGBoost 0.7 to 0.90 otherwise. */
function encoded(file: string, booster: Booster): Uint8Array {
  if (file.endsWith(".ubj")) throw new Error("UBJSON is not supported, take a name that ends in .json");
  return file.endsWith(".json") ? Buffer.from(writeXgboostJson(booster)) : writeBooster(booster);
}

/**
 * Writes a model: as XGBoost JSON if the name ends in .json, in the binary format of XGBoost 0.7 to 0.90 otherwise.
 * @returns how many bytes
 * @throws {RefusedError} the format has no room for the model, or the file cannot be written
 */
export function writeModelFile(file: string, booster: Booster): number {
  try {
    const bytes = encoded(file, booster);
    writeFileSync(file, bytes);
    return bytes.length;
  } catch (cause) {
    throw new RefusedError(`${file} cannot be written: ${(cause as Error).message}`, { cause });
  }
}
