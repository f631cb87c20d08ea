import { z } from "zod";

/** Largest number to learn. */
export const MAX_LABEL = 1e15;

/** A part of 1. Of much less, float32 makes 0, or the module dies of reading it. */
const share = z.number().min(1e-9).max(1);

const common = {
  /** Step size of every tree. */
  eta: share,
  max_depth: z.number().int().min(1).max(16),
  /** Least sum of hessians in a leaf. */
  min_child_weight: z.number().min(0).max(1e6),
  /** L2 penalty of leaf values. */
  lambda: z.number().min(0).max(1e6),
  /** L1 penalty of leaf values. */
  alpha: z.number().min(0).max(1e6).default(0),
  /** Least gain of a split. */
  gamma: z.number().min(0).max(1e6).default(0),
  /** Share of the rows that each tree sees. */
  subsample: share,
  /** Share of the columns that each tree sees. */
  colsample_bytree: share,
  /** Share of those that each level sees. */
  colsample_bylevel: share.default(1),
  /** `exact` tries every value as a threshold, `hist` at most `max_bin` per column (3 to 8 times faster). */
  tree_method: z.enum(["exact", "hist"]),
  max_bin: z.number().int().min(2).max(65_535).default(256),
};

/**
 * What shapes a booster; every name that the module knows is here or set by `moduleSettings`, since it takes unknown
 * names and missing ones in silence, with defaults of its own.
 */
export const TrainingParameters = z.discriminatedUnion("objective", [
  z.strictObject({
    ...common,
    objective: z.literal("multi:softprob"),
    /** Labels are 0 to num_class - 1; a class may be absent. */
    num_class: z.number().int().min(2).max(100),
  }),
  z.strictObject({
    ...common,
    objective: z.literal("reg:linear"),
    /** What the trees add to; the labels' (weighted) mean if it is left out: the module would take 0.5 whatever the data. */
    base_score: z.number().min(-MAX_LABEL).max(MAX_LABEL).optional(),
  }),
  z.strictObject({
    ...common,
    /** Labels are 0 and 1; predicts the probability of 1. */
    objective: z.literal("binary:logistic"),
    /** The probability whose log-odds the trees add to; the labels' (weighted) mean if it is left out. */
    base_score: z
      .number()
      .min(1e-6)
      .max(1 - 1e-6)
      .optional(),
  }),
]);
export type TrainingParameters = z.input<typeof TrainingParameters>;

/**
 * The module's settings, name -> value, all of them, in the order in which they are set.
 * @param baseScore what the trees add to; a probability for logistic
 */
export function moduleSettings(
  parameters: z.output<typeof TrainingParameters>,
  { seed, baseScore }: { seed: number; baseScore: number },
): [string, string][] {
  const { base_score, tree_method, max_bin, ...rest } = { base_score: undefined, ...parameters };
  return Object.entries({
    booster: "gbtree",
    silent: 1,
    nthread: 1,
    ...rest,
    tree_method,
    // The module refuses neither of them with `exact`, and reads them with `hist` only.
    ...(tree_method === "hist" ? { max_bin, grow_policy: "depthwise", max_leaves: 0 } : {}),
    max_delta_step: 0,
    scale_pos_weight: 1,
    num_parallel_tree: 1,
    base_score: baseScore,
    seed,
  }).map(([name, value]) => [name, typeof value === "number" ? digits(value) : value]);
}

/** The module dies of numbers that float32 holds with less than all its digits. */
function digits(value: number): string {
  return String(Math.abs(value) < 2 ** -126 ? 0 : value);
}
