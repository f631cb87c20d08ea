import { ModelFormatError } from "./byte-reader.ts";
import { Forest, type ForestModel, type ForestParts } from "./forest.ts";
import {
  type Counts,
  FORMAT_VERSION,
  HEADER,
  HEADER_WORDS,
  MAGIC,
  MAX_DEPTH,
  MAX_FEATURES,
  MAX_WORDS,
  MODEL_WORDS,
  partsOf,
} from "./forest-layout.ts";
import { MAX_MARGIN, OBJECTIVES } from "./format.ts";
import { littleEndian } from "./little-endian.ts";

/**
 * Opens what `freezeForest` wrote, without parsing boosters. Whatever the bytes, an opened forest reads nothing outside of
 * them and answers finite numbers; that they are the right ones is for their checksum to say.
 * @throws {ModelFormatError} bytes of another format or version, or not sound
 */
export function openForest(bytes: Uint8Array): Forest {
  const whole = bytes.length >= HEADER_WORDS * 4 && bytes.length % 4 === 0 && bytes.length <= MAX_WORDS * 4;
  require(whole, "header", `a buffer of ${bytes.length} bytes`);
  // A copy of its own: aligned to words, and nobody else writes into it.
  const buffer = littleEndian(new Uint8Array(bytes).buffer).buffer;
  const words = new Int32Array(buffer);
  const counts = readCounts(words);
  const parts = partsOf(counts);
  require(parts.end === words.length, "header", `promises ${parts.end} words, there are ${words.length}`);

  const floats = new Float32Array(buffer);
  const forest: ForestParts = {
    models: readModels(words, counts),
    features: counts.features,
    depth: counts.depth,
    trees: counts.trees,
    treeRanges: words.subarray(parts.treeRanges, parts.baseScores),
    baseScores: floats.subarray(parts.baseScores, parts.thresholdRanges),
    thresholdRanges: words.subarray(parts.thresholdRanges, parts.thresholds),
    thresholds: floats.subarray(parts.thresholds, parts.heap),
    heap: words.subarray(parts.heap),
    leaves: floats.subarray(parts.heap),
  };
  checkRanges("tree ranges", forest.treeRanges, counts.trees);
  checkRanges("threshold ranges", forest.thresholdRanges, counts.thresholds);
  checkThresholds(forest);
  checkMargins(forest);
  return new Forest(forest);
}

function require(holds: boolean, where: string, what: string): void {
  if (!holds) throw new ModelFormatError(`forest, ${where}`, what);
}

function readCounts(words: Int32Array): Counts {
  require(words[HEADER.magic] === MAGIC, "header", "is not a frozen forest");
  const version = words[HEADER.version];
  require(version === FORMAT_VERSION, "header", `format version ${version}, not ${FORMAT_VERSION}`);
  const count = (name: keyof Counts, min: number, max: number): number => {
    const value = words[HEADER[name]] as number;
    require(value >= min && value <= max, "header", `${value} ${name}`);
    return value;
  };
  return {
    features: count("features", 1, MAX_FEATURES),
    depth: count("depth", 0, MAX_DEPTH),
    models: count("models", 1, words.length),
    trees: count("trees", 0, words.length),
    outputs: count("outputs", 1, words.length),
    thresholds: count("thresholds", 0, words.length),
  };
}

function readModels(words: Int32Array, counts: Counts): ForestModel[] {
  let first = 0;
  const models = Array.from({ length: counts.models }, (_, i): ForestModel => {
    const at = HEADER_WORDS + i * MODEL_WORDS;
    const objective = OBJECTIVES[words[at] as number];
    const outputs = words[at + 1] as number;
    const baseFirst = words[at + 2] as number;
    const where = `model ${i}`;
    if (objective === undefined) throw new ModelFormatError(`forest, ${where}`, "its objective is not known");
    const sound = outputs >= 1 && outputs <= counts.outputs && (objective === "multi:softprob") === outputs >= 2;
    require(sound, where, `${outputs} outputs for ${objective}`);
    require(baseFirst === 0 || baseFirst === 1, where, `flag is ${baseFirst}`);
    const model = { objective, first, outputs, baseFirst: baseFirst === 1 };
    first += outputs;
    return model;
  });
  require(first === counts.outputs, "models", `have ${first} outputs, not ${counts.outputs}`);
  return models;
}

/** From 0 to `end`, never back. */
function checkRanges(where: string, ranges: Int32Array, end: number): void {
  let last = 0;
  for (const at of ranges) {
    require(at >= last, where, `go back from ${last} to ${at}`);
    last = at;
  }
  require(ranges[0] === 0 && last === end, where, `go from ${ranges[0]} to ${last}, not from 0 to ${end}`);
}

function checkThresholds({ thresholds, thresholdRanges, features }: ForestParts): void {
  for (let feature = 0; feature < features; feature++) {
    const from = thresholdRanges[feature] as number;
    const to = thresholdRanges[feature + 1] as number;
    const ascend = from === to || (!Number.isNaN(thresholds[from]) && ascends(thresholds, from, to));
    require(ascend, `thresholds of feature ${feature}`, "do not ascend");
  }
}

// The two that follow are short and called for small parts, so that they are compiled soon: a version is opened while a
// visit waits. Inner nodes need no check: whatever is in one, it sends a row left or right, and both are in the heap.

function ascends(values: Float32Array, from: number, to: number): boolean {
  for (let i = from + 1; i < to; i++) if (!((values[i - 1] as number) < (values[i] as number))) return false;
  return true;
}

/** Bits of the largest size of the leaves of a part; sizes are in the order of their bits, with infinity and NaN last. */
function largestSize(leaves: Int32Array, from: number, to: number): number {
  let largest = 0;
  for (let leaf = from; leaf < to; leaf++) {
    const size = (leaves[leaf] as number) & 0x7fffffff;
    if (size > largest) largest = size;
  }
  return largest;
}

/** As for boosters (format.ts): no row may ever add up to infinity. */
function checkMargins({ heap, trees, depth, treeRanges, baseScores }: ForestParts): void {
  const perTree = 2 ** depth;
  const bits = new Int32Array(1);
  const size = new Float32Array(bits.buffer);
  for (let output = 0; output < baseScores.length; output++) {
    let bound = Math.abs(baseScores[output] as number);
    for (let tree = treeRanges[output] as number; tree < (treeRanges[output + 1] as number); tree++) {
      const from = (trees + tree) * perTree;
      bits[0] = largestSize(heap, from, from + perTree);
      bound += size[0] as number;
    }
    // Not true either where a leaf or a base score is not a number.
    require(bound <= MAX_MARGIN, `output ${output}`, "its sums are not surely finite");
  }
}
