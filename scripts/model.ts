// npm run --silent model -- COMMAND: looks into model files, converts, scores and trains them, without any Firebase.
import { InvalidArgumentError, Option } from "commander";
import { ModelFormatError } from "../functions/src/model/byte-reader.ts";
import { TrainingInputError } from "../functions/src/train/training-input.ts";
import { ModuleError } from "../functions/src/train/wasm.ts";
import { commandLine, RefusedError, runCommand } from "./cli/command-line.ts";
import { inspect, inWords } from "./model/inspect.ts";
import { readModelFile, writeModelFile } from "./model/model-files.ts";
import { score } from "./model/score.ts";
import { type TrainOptions, train } from "./model/train.ts";

/** Errors that say what is wrong with what was given: too many rows for the memory are one, too. */
const REFUSALS = [RefusedError, TrainingInputError, ModelFormatError, ModuleError];

function wholeFrom(min: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min) throw new InvalidArgumentError(`Not a whole number from ${min}.`);
    return value;
  };
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("Not a number of seconds.");
  return value;
}

function parameter(text: string, earlier: Record<string, unknown>): Record<string, unknown> {
  const [, name, value] = /^([A-Za-z_]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("Not of the form name=value.");
  if (Object.hasOwn(earlier, name)) throw new InvalidArgumentError(`${name} is given twice.`);
  return { ...earlier, [name]: Number.isNaN(Number(value)) ? value : Number(value) };
}

const program = commandLine("npm run --silent model --").description(
  "Inspects, converts, scores and trains gradient boosted trees: XGBoost JSON, and binaries of 0.7 to 0.90.",
);

program
  .command("inspect <file>")
  .description("says what a model is")
  .option("--json", "as one JSON object")
  .action((file: string, { json }: { json?: true }) => {
    const facts = inspect(file);
    console.log(json ? JSON.stringify(facts) : inWords(facts));
  });

program
  .command("convert <in> <out>")
  .description("writes a model as XGBoost JSON, or as a binary if the name does not end in .json")
  .action((from: string, to: string) => {
    writeModelFile(to, readModelFile(from).booster);
  });

program
  .command("score <file>")
  .description("prints margin and prediction of each row, one JSON line each")
  .requiredOption("--rows <file>", "arrays of numbers, one a line, null is missing; - is the standard input")
  .action((file: string, { rows }: { rows: string }) => score(file, rows, process.stdout));

program
  .command("train")
  .description("trains a model and prints figures of it as a JSON line")
  .requiredOption("--rows <file>", "arrays of numbers, one a line, null is missing")
  .requiredOption("--labels <file>", "one number a line")
  .option("--weights <file>", "weights of the rows in training, one a line; figures are unweighted")
  .option("--objective <name>", "multi:softprob, binary:logistic, reg:squarederror; with --continue, the model's own")
  .requiredOption("--rounds <n>", "trees of each output, beyond those of --continue", wholeFrom(1))
  .addOption(
    new Option("--param <name=value>", "eta, max_depth, tree_method (hist or exact), subsample, ...; again for more")
      .argParser(parameter)
      .default({}, "XGBoost's own, with hist"),
  )
  .option("--seed <n>", "of the random numbers", wholeFrom(0), 1)
  .requiredOption("--out <file>", "the model: JSON if the name ends in .json")
  .option("--continue <file>", "a model to go on from")
  .option(
    "--cv <folds>",
    "also cross-validate; with --continue only for rows that the model has not seen",
    wholeFrom(2),
  )
  .option("--groups <file>", "with --cv: one JSON value a line, equal for rows that belong together (a session)")
  .option("--deadline <seconds>", "stop after this time with the rounds that are done", seconds)
  .action(async (options: TrainOptions) => {
    console.log(JSON.stringify(await train(options)));
  });

for (const command of program.commands) command.copyInheritedSettings(program);

await runCommand(program, { refusals: REFUSALS, others: "thrown" });
