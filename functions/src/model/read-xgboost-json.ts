import { z } from "zod";
import { ByteReader, ModelFormatError } from "./byte-reader.ts";
import {
  assembleBooster,
  type Booster,
  MAX_FEATURES,
  MAX_OUTPUTS,
  type Objective,
  objectiveNamed,
  quoted,
} from "./format.ts";
import { clippedProbability, logOdds } from "./prediction.ts";
import { treeBytes } from "./tree-bytes.ts";
import { readTree, type TreeArrays } from "./tree-format.ts";

const whole = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number);

/** Numbers of one tree; what is not read is not asked for. */
const Tree = z.object({
  base_weights: z.array(z.number()),
  default_left: z.array(z.union([z.literal(0), z.literal(1), z.boolean()])),
  left_children: z.array(z.int32()),
  loss_changes: z.array(z.number()),
  right_children: z.array(z.int32()),
  split_conditions: z.array(z.number()),
  split_indices: z.array(z.int32().min(0)),
  split_type: z.array(z.int32()).optional(),
  sum_hessian: z.array(z.number()),
  tree_param: z.object({ num_deleted: whole, num_nodes: whole, size_leaf_vector: whole.optional() }),
});
type Tree = z.output<typeof Tree>;

/** The parts of a model that decide how the rest is to be read. */
const Model = z.object({
  version: z.array(z.number()).optional(),
  learner: z.object({
    gradient_booster: z.object({ name: z.string() }),
    learner_model_param: z.object({
      base_score: z.string(),
      num_class: whole,
      num_feature: whole,
      num_target: whole.optional(),
    }),
    objective: z.object({ name: z.string() }),
  }),
});

const Trees = z.object({
  learner: z.object({
    gradient_booster: z.object({
      model: z.object({
        gbtree_model_param: z.object({ num_trees: whole, size_leaf_vector: whole.optional() }),
        tree_info: z.array(z.int32()),
        trees: z.array(Tree),
      }),
    }),
  }),
});

/**
 * Reads official XGBoost JSON of any version from 1.0 to 3.2. The trees are brought into the binary's form and judged
 * by its reader.
 * @throws {ModelFormatError} what is not a sound gbtree model of an objective that we know, or has categories or vectors
 */
export function readXgboostJson(text: string): Booster {
  const json = parseJson(text);
  const { learner, version: [major = 0, minor = 0] = [] } = judged(Model, json);
  const { gradient_booster, learner_model_param, objective: named } = learner;
  if (gradient_booster.name !== "gbtree")
    fail("booster", `${quoted(gradient_booster.name)} is not supported, only gbtree`);
  const objective = objectiveNamed(named.name);
  const { num_class, num_feature: features, num_target = 1, base_score } = learner_model_param;
  const isSoftprob = objective === "multi:softprob";
  const classes = isSoftprob ? num_class >= 2 && num_class <= MAX_OUTPUTS : num_class <= 1;
  if (!classes) fail("learner", `num_class is ${num_class}`);
  if (features < 1 || features > MAX_FEATURES) fail("learner", `${features} features`);
  if (num_target > 1) fail("learner", "several targets are not supported");
  const outputs = isSoftprob ? num_class : 1;

  const { gbtree_model_param, tree_info, trees } = judged(Trees, json).learner.gradient_booster.model;
  if ((gbtree_model_param.size_leaf_vector ?? 0) > 1) fail("gbtree", "vector leaves are not supported");
  if (gbtree_model_param.num_trees !== trees.length || tree_info.length !== trees.length) {
    fail(
      "gbtree",
      `${trees.length} trees and ${tree_info.length} outputs of them, not ${gbtree_model_param.num_trees}`,
    );
  }
  tree_info.forEach((output, tree) => {
    if (output < 0 || output >= outputs) fail(`tree_info[${tree}]`, `output ${output} of ${outputs}`);
  });
  return assembleBooster({
    objective,
    baseScores: baseScores(base_score, { objective, outputs, isClipped: major > 3 || (major === 3 && minor >= 2) }),
    baseFirst: true,
    features,
    outputs,
    treeOutput: Int32Array.from(tree_info),
    trees: trees.map((tree, index) => toArrays(tree, index, features)),
  });
}

function fail(where: string, what: string): never {
  throw new ModelFormatError(where, what);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // XGBoost's own extension: 1.x has NaN for the threshold of categories.
    if (/[[,:]\s*(NaN|-?Infinity)\b/.test(text)) {
      throw new ModelFormatError("file", "holds NaN or Infinity: it splits by category, or its sums overflowed", {
        cause,
      });
    }
    throw new ModelFormatError("file", `is not JSON: ${cause instanceof Error ? cause.message : ""}`, { cause });
  }
}

function judged<T extends z.ZodType>(schema: T, json: unknown): z.output<T> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ModelFormatError(issue?.path.join(".") || "file", issue?.message ?? "is not valid");
}

/** "5E-1" or, since 3.1, "[5E-1]" or "[5E-1,2E-1,3E-1]"; a probability for logistic. */
function baseScores(
  text: string,
  { objective, outputs, isClipped }: { objective: Objective; outputs: number; isClipped: boolean },
): Float32Array {
  const inside = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  const scores = inside.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (scores.length !== 1 && scores.length !== outputs)
    fail("learner", `${scores.length} base scores for ${outputs} outputs`);
  const margins = Float32Array.from({ length: outputs }, (_, output) => {
    const score = scores[output] ?? (scores[0] as number);
    if (objective !== "binary:logistic") return score;
    return logOdds(isClipped ? clippedProbability(Math.fround(score)) : Math.fround(score));
  });
  if (!margins.every(Number.isFinite)) fail("learner", `base_score is ${quoted(text)}`);
  return margins;
}

function toArrays(tree: Tree, index: number, features: number): TreeArrays {
  const where = `tree ${index}`;
  const { num_deleted: deleted, num_nodes: nodes, size_leaf_vector = 0 } = tree.tree_param;
  if (size_leaf_vector > 1) fail(where, "vector leaves are not supported");
  for (const [name, values] of Object.entries(tree)) {
    if (Array.isArray(values) && values.length !== nodes)
      fail(where, `${name} has ${values.length} values for ${nodes} nodes`);
  }
  if (tree.split_type?.some((type) => type !== 0)) fail(where, "splits by category are not supported");
  const plain = {
    left: tree.left_children,
    right: tree.right_children,
    feature: tree.split_indices,
    defaultLeft: tree.default_left,
    value: tree.split_conditions,
    gain: tree.loss_changes,
    cover: tree.sum_hessian,
    weight: tree.base_weights,
  };
  return readTree(new ByteReader(treeBytes(plain, { features, deleted })), { tree: index, features });
}
