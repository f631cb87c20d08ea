import { z } from "zod";
import { CLASS_GROUPS, FEATURE_NAMES, VARIABLE_NAMES } from "../design/schema.ts";
import { CorruptError, fieldIssues, inWords } from "../shared/errors.ts";

/** What a version's trainer itself answers, among its files. */
export const PARITY_FILE = "parity.json";

/**
 * `parity.json` of a version: what the module that has trained its models answers to some rows, none of which is a visitor's.
 * Versions that were trained before it was kept are without.
 */
export const Parity = z.object({
  schema_version: z.literal(1),
  /** Names of a row's columns. */
  features: z.array(z.enum(FEATURE_NAMES)).min(1),
  /** rows x features, float32; null is missing. */
  rows: z.array(z.array(z.number().nullable())),
  /**
   * Of each trained target, rows x outputs, float32: the probabilities of a group's classes, or a variable's value in its unit
   * before it is brought into its bounds.
   */
  answers: z.partialRecord(z.enum([...CLASS_GROUPS, ...VARIABLE_NAMES]), z.array(z.array(z.number()))),
});
export type Parity = z.infer<typeof Parity>;

/**
 * What the trainer of a version answers; undefined where it is not among the files.
 * @throws {CorruptError} it is none
 */
export function parityIn(files: ReadonlyMap<string, Uint8Array>): Parity | undefined {
  const bytes = files.get(PARITY_FILE);
  if (bytes === undefined) return undefined;
  const parsed = Parity.safeParse(jsonOf(bytes));
  if (!parsed.success) throw new CorruptError(`${PARITY_FILE} is not valid: ${inWords(fieldIssues(parsed.error))}`);
  return parsed.data;
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw new CorruptError(`${PARITY_FILE} is not JSON`, { cause });
  }
}
