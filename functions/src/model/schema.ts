import { z } from "zod";
import { CLASS_GROUPS, FEATURE_NAMES, VARIABLE_NAMES } from "../design/schema.ts";

/** A target that was constant in the training data is stored as its value, not trained. */
const ConstantTarget = z.strictObject({ kind: z.literal("constant"), value: z.number() });
/** A trained booster: its object in the version's folder (the module's own binary, the truth). */
const TreesTarget = z.strictObject({ kind: z.literal("trees"), file: z.string().regex(/^[a-z0-9_]+\.xgb$/) });
export const Target = z.discriminatedUnion("kind", [ConstantTarget, TreesTarget]);
export type Target = z.infer<typeof Target>;

/**
 * `bundle.json` of a version: which models answer which target, by name. A class group's constant is a class index, a
 * variable's constant is a value in its unit. Models of class groups are softprob over three classes in the order of CLASSES.
 */
export const Bundle = z.strictObject({
  schema_version: z.literal(1),
  /** Names of the columns of a feature row, in the order in which the models were trained. */
  features: z
    .array(z.enum(FEATURE_NAMES))
    .min(1)
    .refine((names) => new Set(names).size === names.length, "a feature is named twice"),
  classes: z.strictObject(
    Object.fromEntries(CLASS_GROUPS.map((group) => [group, Target])) as Record<
      (typeof CLASS_GROUPS)[number],
      typeof Target
    >,
  ),
  variables: z.strictObject(
    Object.fromEntries(VARIABLE_NAMES.map((name) => [name, Target])) as Record<
      (typeof VARIABLE_NAMES)[number],
      typeof Target
    >,
  ),
});
export type Bundle = z.infer<typeof Bundle>;

/** How the name of a booster ends that is written as XGBoost JSON, for use in Python; nothing here reads it. */
export const XGBOOST_JSON = ".xgboost.json";
