import { CLASSES } from "../design/schema.ts";
import { openTrees, type TreeTarget, treeTargets } from "../model/bundle-trees.ts";
import { predictionOf } from "../model/prediction.ts";
import type { Bundle } from "../model/schema.ts";
import { PARITY_FILE, type Parity, parityIn } from "../registry/parity-file.ts";
import { attempt, check } from "./check.ts";
import type { Check } from "./schema.ts";

/**
 * By how much an answer may differ from the trainer's: not at all. Margins and probabilities are the module's bit for bit
 * (docs/engine.md, "What a prediction promises"), on every machine.
 */
const TOLERANCE = 0;

/** A version's description and files. */
interface Scored {
  bundle: Bundle;
  files: ReadonlyMap<string, Uint8Array>;
}

/** The version's own scorer answers what the module that trained it has answered: every row that is kept, every target. */
export function parityWithTrainer(scored: Scored): Check {
  const figures = { rows: 0, targets: 0, answers: 0, different: 0, largest_difference: 0 };
  if (!scored.files.has(PARITY_FILE)) {
    return check("parity", [], "the version is from before its trainer's answers were stored", figures);
  }
  const faults = attempt(() => {
    const parity = parityIn(scored.files) as Parity;
    const targets = treeTargets(scored.bundle);
    figures.rows = parity.rows.length;
    figures.targets = targets.length;
    const unlike = differentShape(scored.bundle, targets, parity);
    if (unlike.length > 0) return unlike;
    const margins = openTrees(scored.bundle, scored.files);
    return parity.rows.flatMap((row, i) => {
      const answered = margins(Float64Array.from(row, (value) => value ?? Number.NaN));
      return targets.flatMap(({ name, objective, first, outputs }) => {
        const own = predictionOf(objective, answered.subarray(first, first + outputs));
        return (parity.answers[name]?.[i] ?? []).flatMap((theirs, output) => {
          const difference = Math.abs((own[output] as number) - theirs);
          figures.answers++;
          if (difference <= TOLERANCE) return [];
          figures.different++;
          figures.largest_difference = Math.max(figures.largest_difference, difference);
          return [`row ${i}, ${outputName(name, output)}: ${own[output]}, the trainer's own is ${theirs}`];
        });
      });
    });
  });
  const { rows, targets, answers } = figures;
  const none = "no target has trees: there is nothing to compare";
  const same = `${answers} answers of ${targets} targets to ${rows} rows are the trainer's own, bit for bit`;
  return check("parity", faults, targets === 0 ? none : same, figures);
}

/** What of the file is not of this bundle: a target that is left out, or an answer too few, would not be compared. */
function differentShape({ features }: Bundle, targets: readonly TreeTarget[], parity: Parity): string[] {
  const { rows, answers } = parity;
  if (parity.features.join() !== features.join()) return [`${PARITY_FILE} is of other features than the bundle`];
  const names = targets.map(({ name }) => name);
  const misplaced = rows.findIndex((row) => row.length !== features.length);
  return [
    ...(rows.length === 0 ? [`${PARITY_FILE} has no rows`] : []),
    ...(misplaced === -1 ? [] : [`row ${misplaced} of ${PARITY_FILE} has other columns than the bundle`]),
    ...Object.keys(answers)
      .filter((name) => !(names as string[]).includes(name))
      .map((name) => `${name} has no trees, and answers in ${PARITY_FILE}`),
    ...targets.flatMap(({ name, outputs }) => {
      const own = answers[name];
      if (own === undefined) return [`${name} has no answers in ${PARITY_FILE}`];
      if (own.length !== rows.length) return [`${name}: answers to ${own.length} of ${rows.length} rows`];
      const row = own.findIndex((answer) => answer.length !== outputs);
      return row === -1 ? [] : [`row ${row}, ${name}: ${own[row]?.length} answers, not ${outputs}`];
    }),
  ];
}

function outputName(name: TreeTarget["name"], output: number): string {
  return name in CLASSES ? `${name} ${CLASSES[name as keyof typeof CLASSES][output]}` : name;
}
