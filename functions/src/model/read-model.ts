import { ModelFormatError } from "./byte-reader.ts";
import { type Booster, parseBooster } from "./format.ts";
import { readXgboostJson } from "./read-xgboost-json.ts";

/** A model file and how it was written. */
export interface ModelFile {
  format: "binary" | "json";
  booster: Booster;
}

/** What to do with a file that we do not read. */
const SAVE_AS_JSON = "open it with the XGBoost that wrote it and save it with a name that ends in .json";

/**
 * Reads a model in any form that we take: the module's binary (XGBoost 0.7 to 0.90; BigQuery ML's model.bst) or official
 * XGBoost JSON. XGBoost 1.x still writes binaries that look like the old ones and load wrongly: they are refused.
 * @throws {ModelFormatError} says what it is, if that is known, and what to do
 */
export function readModel(bytes: Uint8Array): ModelFile {
  const start = Buffer.from(bytes.subarray(0, 64)).toString("latin1");
  if (start.startsWith("binf")) throw new ModelFormatError("file", `is a binary of XGBoost 1.x: ${SAVE_AS_JSON}`);
  if (start.startsWith("PRFT")) {
    throw new ModelFormatError("file", "is a frozen forest: take the model files that it was made of");
  }
  if (start.startsWith("{L") || start.startsWith("{i")) {
    throw new ModelFormatError("file", `is UBJSON: ${SAVE_AS_JSON}`);
  }
  if (/^(\xef\xbb\xbf)?\s*\{\s*"/.test(start)) {
    return { format: "json", booster: readXgboostJson(new TextDecoder().decode(bytes)) };
  }
  return { format: "binary", booster: parseBooster(bytes) };
}
