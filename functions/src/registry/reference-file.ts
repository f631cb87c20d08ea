import { CorruptError } from "../shared/errors.ts";
import { Reference } from "./schema.ts";

/**
 * The reference among the files of a version.
 * @throws {CorruptError} it is not there, or is none
 */
export function referenceIn(version: string, files: ReadonlyMap<string, Uint8Array>): Reference {
  const path = `model_versions/${version}/reference.json`;
  const bytes = files.get("reference.json");
  if (bytes === undefined) throw new CorruptError(`${path} is missing`);
  const parsed = Reference.safeParse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  if (!parsed.success) throw new CorruptError(`${path} is not valid`, { cause: parsed.error });
  return parsed.data;
}
