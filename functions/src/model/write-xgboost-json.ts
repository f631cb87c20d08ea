import type { Booster, Objective } from "./format.ts";
import { clippedProbability, logOdds } from "./prediction.ts";
import { plainTree } from "./write-booster.ts";

/** XGBoost whose form of JSON is written: 1.7 and everything later reads it. */
const VERSION = [1, 7, 6];
/** The first that reads a base score for each class. */
const VERSION_WITH_BASE_SCORES = [3, 1, 0];

/** A parent that is none. */
const NO_PARENT = 2147483647;

const NAMES: Record<Objective, string> = {
  "multi:softprob": "multi:softprob",
  // Its name since 0.83.
  "reg:linear": "reg:squarederror",
  "binary:logistic": "binary:logistic",
};

/**
 * Writes a booster as official XGBoost JSON: XGBoost 1.7 and 3 open it, predict the same (with the base score first) and continue from it. Without feature names: XGBoost then takes columns by position, as we do.
 * @throws {RangeError} an infinite threshold, for which JSON has no number; log-odds of a base score that no probability has
 * in float32, or that XGBoost 3.2 reads as less (from about 13.8)
 */
export function writeXgboostJson(booster: Booster): string {
  const { objective, features, outputs, roots, treeOutput, baseScores } = booster;
  const classes = objective === "multi:softprob" ? String(outputs) : "0";
  const scores = Array.from(baseScores, (score) => float(probability(objective, score)));
  const same = scores.every((score) => score === scores[0]);
  const head = {
    attributes: {},
    feature_names: [],
    feature_types: [],
    learner_model_param: {
      base_score: same ? scores[0] : `[${scores.join(",")}]`,
      boost_from_average: "1",
      num_class: classes,
      num_feature: String(features),
      num_target: "1",
    },
    objective: {
      name: NAMES[objective],
      ...(objective === "multi:softprob"
        ? { softmax_multiclass_param: { num_class: classes } }
        : { reg_loss_param: { scale_pos_weight: "1" } }),
    },
  };
  const parameters = { num_parallel_tree: "1", num_trees: String(roots.length), size_leaf_vector: "0" };
  const trees = Array.from(roots, (_, tree) => treeJson(booster, tree));
  const model = `{"gbtree_model_param":${JSON.stringify(parameters)},"tree_info":[${treeOutput.join(",")}],"trees":[${trees.join(",")}]}`;
  const learner = `${JSON.stringify(head).slice(0, -1)},"gradient_booster":{"model":${model},"name":"gbtree"}}`;
  return `{"learner":${learner},"version":[${same ? VERSION : VERSION_WITH_BASE_SCORES}]}`;
}

/** The text of a float32: exact, and with the point that XGBoost tells floats from integers by. */
function float(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} cannot be written as JSON`);
  return value.toExponential(8);
}

/** JSON has base scores as probabilities. */
function probability(objective: Objective, score: number): number {
  if (objective !== "binary:logistic") return score;
  const p = clippedProbability(Math.fround(1 / (1 + Math.exp(-score))));
  if (!(Math.abs(logOdds(p) - score) < 1e-5)) {
    throw new RangeError(`the base score ${score} (log-odds) cannot be written as a probability: it is too far out`);
  }
  return p;
}

/**
 * XGBoost 1.x takes the node after a left child for its sibling. It numbers them so itself; where a tree does not, its
 * nodes are numbered anew, level by level.
 */
function siblingsTogether(tree: ReturnType<typeof plainTree>): ReturnType<typeof plainTree> {
  const { left, right } = tree;
  if (left.every((child, node) => child < 0 || right[node] === child + 1)) return tree;
  const order = [0];
  for (const node of order) if ((left[node] as number) >= 0) order.push(left[node] as number, right[node] as number);
  const place = new Int32Array(order.length);
  order.forEach((node, i) => {
    place[node] = i;
  });
  const moved = (child: number): number => (child < 0 ? -1 : (place[child] as number));
  const pick = <T extends Int32Array | Float32Array | Uint8Array>(values: T): T =>
    values.map((_, i) => values[order[i] as number] as number) as T;
  return {
    left: pick(left).map(moved),
    right: pick(right).map(moved),
    feature: pick(tree.feature),
    defaultLeft: pick(tree.defaultLeft),
    value: pick(tree.value),
    gain: pick(tree.gain),
    cover: pick(tree.cover),
    weight: pick(tree.weight),
  };
}

function treeJson(booster: Booster, index: number): string {
  const { left, right, feature, defaultLeft, value, gain, cover, weight } = siblingsTogether(plainTree(booster, index));
  const nodes = left.length;
  const parents = new Int32Array(nodes).fill(NO_PARENT);
  left.forEach((child, node) => {
    if (child < 0) return;
    parents[child] = node;
    parents[right[node] as number] = node;
  });
  const floats = (values: Float32Array): string => `[${Array.from(values, float).join(",")}]`;
  const integers = (values: ArrayLike<number>): string => `[${Array.from(values).join(",")}]`;
  const parameters = {
    num_deleted: "0",
    num_feature: String(booster.features),
    num_nodes: String(nodes),
    size_leaf_vector: "0",
  };
  const members = {
    base_weights: floats(weight),
    categories: "[]",
    categories_nodes: "[]",
    categories_segments: "[]",
    categories_sizes: "[]",
    default_left: integers(defaultLeft),
    id: String(index),
    left_children: integers(left),
    loss_changes: floats(gain),
    parents: integers(parents),
    right_children: integers(right),
    split_conditions: floats(value),
    split_indices: integers(feature),
    split_type: integers(new Uint8Array(nodes)),
    sum_hessian: floats(cover),
    tree_param: JSON.stringify(parameters),
  };
  return `{${Object.entries(members)
    .map(([name, json]) => `"${name}":${json}`)
    .join(",")}}`;
}
