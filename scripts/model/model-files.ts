import { readFileSync, writeFileSync } from "node:fs";
import type { Booster } from "../../functions/src/model/format.ts";
import { type ModelFile, readModel } from "../../functions/src/model/read-model.ts";
import { writeBooster } from "../../functions/src/model/write-booster.ts";
import { writeXgboostJson } from "../../functions/src/model/write-xgboost-json.ts";
import { RefusedError } from "./ndjson.ts";

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
 * Writes a model: as XGBoost JSON if the name ends in .json, in the binary format of XGBoost 0.7 to 0.90 otherwise.
 * @returns how many bytes
 * @throws {RefusedError} the format has no room for the model, or the file cannot be written
 */
export function writeModelFile(file: string, booster: Booster): number {
  try {
    const bytes = file.endsWith(".json") ? Buffer.from(writeXgboostJson(booster)) : writeBooster(booster);
    writeFileSync(file, bytes);
    return bytes.length;
  } catch (cause) {
    throw new RefusedError(`${file} cannot be written: ${(cause as Error).message}`, { cause });
  }
}
