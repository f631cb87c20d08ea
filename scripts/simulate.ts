// npm run --silent simulate -- triggers | retraining | delivery | experiment: what decisions do over simulated months, candidates and arms, without any Firebase.
import { InvalidArgumentError, Option } from "commander";
import { Lifecycle } from "../functions/src/config.ts";
import type { Gate } from "../functions/src/registry/schema.ts";
import { commandLine, runCommand } from "./cli/command-line.ts";
import { progressBar } from "./model/progress.ts";
import type { DeliveryRun, DeliveryScenario } from "./simulate/delivery.ts";
import { summaryOfDeliveries } from "./simulate/delivery-summary.ts";
import type { ExperimentRun, ExperimentScenario } from "./simulate/experiment.ts";
import { summaryOfExperiments } from "./simulate/experiment-summary.ts";
import { simulatedPolicy } from "./simulate/policy.ts";
import { type RetrainingScenario, simulateRetraining } from "./simulate/retraining.ts";
import type { RunResult, Scenario } from "./simulate/run.ts";
import { runAll } from "./simulate/run-all.ts";
import { parseShift, type WantedShift } from "./simulate/shift.ts";
import { BASE_ERRORS, BASE_NO_LOG } from "./simulate/site-visits.ts";
import { summaryOf } from "./simulate/summary.ts";

/** What the command line says. */
interface Options {
  days: number;
  visitsPerHour: number;
  runs: number;
  seed: number;
  shift?: WantedShift;
  accuracy: number;
  negative: number;
  referenceDays: number;
  siteDays: number;
  set: Record<string, unknown>;
  verbose?: true;
}

function whole(min: number, max: number) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`Not a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1)) throw new InvalidArgumentError("Not a number from 0 to 1.");
  return value;
}

function shift(text: string): WantedShift {
  const wanted = parseShift(text);
  if (wanted === undefined)
    throw new InvalidArgumentError("Not of the form touch_enabled=0.3@20, a feature, PSI and day.");
  return wanted;
}

/** `feature_drift.threshold=0.15` into an object of that shape. */
function setting(text: string, earlier: Record<string, unknown>): Record<string, unknown> {
  const [, path = "", json = ""] = /^([a-z_.]+)=(.+)$/.exec(text) ?? [];
  const names = path.split(".");
  const last = names.pop();
  if (!last) throw new InvalidArgumentError("Not of the form feature_drift.threshold=0.15.");
  const set = structuredClone(earlier);
  let at = set;
  for (const name of names) {
    at[name] ??= {};
    at = at[name] as Record<string, unknown>;
  }
  try {
    at[last] = JSON.parse(json) as unknown;
  } catch {
    throw new InvalidArgumentError(`${json} is no number, true, false or other JSON.`);
  }
  return set;
}

async function simulateTriggers(options: Options): Promise<void> {
  const { days, visitsPerHour, runs, seed, accuracy, negative, referenceDays, siteDays } = options;
  const rates = { accuracy, negative };
  const policy = simulatedPolicy(options.set);
  const shape = { days, referenceDays, siteDays, visitsPerHour, seed };
  const scenario: Scenario = { ...shape, rates, shift: options.shift ?? null, policy };
  const bar = progressBar("simulating", runs);
  const results = await runAll<RunResult>("./run-worker.ts", scenario, runs, bar.update).finally(bar.stop);
  if (options.verbose) {
    for (const [run, { firings }] of results.entries()) {
      for (const firing of firings) console.log(JSON.stringify({ run, ...firing }));
    }
  }
  console.log(JSON.stringify(summaryOf(scenario, results)));
}

/** `0.03,0`: a difference for each of one to three class groups. */
function deltas(text: string): number[] {
  const all = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (all.length > 3 || !all.every((delta) => delta > -1 && delta < 1)) {
    throw new InvalidArgumentError("Not one to three numbers between -1 and 1, like 0.03 or 0.03,0.");
  }
  return all;
}

interface RetrainingOptions {
  holdoutSessions: number;
  accuracyDelta: number[];
  discordance: number;
  runs: number;
  seed: number;
}

async function simulateGate(options: RetrainingOptions): Promise<void> {
  const { holdoutSessions: sessions, accuracyDelta, discordance, runs, seed } = options;
  const scenario: RetrainingScenario = { sessions, deltas: accuracyDelta, discordance, seed };
  // What cannot be is refused here, in one line, and not by a thread.
  simulateRetraining({ ...scenario, sessions: 1 }, 0);
  const bar = progressBar("judging", runs);
  const verdicts = await runAll<Gate["verdict"]>("./retraining-worker.ts", scenario, runs, bar.update).finally(
    bar.stop,
  );
  const share = (of: Gate["verdict"]): number => verdicts.filter((verdict) => verdict === of).length / runs;
  console.log(JSON.stringify({ runs, accepted: share("better"), not_enough_data: share("not_enough_data") }));
}

/** `-0.08`: a difference of two shares. */
function delta(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > -1 && value < 1))
    throw new InvalidArgumentError("Not a number between -1 and 1, like -0.08.");
  return value;
}

interface DeliveryOptions {
  visitorsPerHour: number;
  hours: number;
  runs: number;
  seed: number;
  engagementDelta: number;
  accuracyDelta: number;
  latencyDelta: number;
  errorRate: number;
  /** Of `--no-log-rate`: commander takes the "no" for a negation. */
  logRate: number;
  fromPct: number;
  verbose?: true;
}

async function simulateDeliveries(options: DeliveryOptions): Promise<void> {
  const { visitorsPerHour, hours, runs, seed, accuracyDelta, engagementDelta, latencyDelta, errorRate } = options;
  const effects = { engagementDelta, latencyDelta, errorRate, noLogRate: options.logRate };
  const { deployment: policy } = Lifecycle.parse({});
  const fromShare = options.fromPct / 100;
  const scenario: DeliveryScenario = { visitorsPerHour, hours, seed, effects, accuracyDelta, fromShare, policy };
  const bar = progressBar("rolling out", runs);
  const results = await runAll<DeliveryRun>("./delivery-worker.ts", scenario, runs, bar.update).finally(bar.stop);
  if (options.verbose) for (const [run, result] of results.entries()) console.log(JSON.stringify({ run, ...result }));
  const { summary, apart } = summaryOfDeliveries(results);
  console.log(JSON.stringify(apart));
  console.log(JSON.stringify(summary));
}

interface ExperimentOptions {
  visitorsPerHour: number;
  hours: number;
  runs: number;
  seed: number;
  looks?: number;
  treatmentShare: number;
  engagementDelta: number;
  latencyDelta: number;
  errorRate: number;
  logRate: number;
  verbose?: true;
}

async function simulateExperiments(options: ExperimentOptions): Promise<void> {
  const { visitorsPerHour, hours, runs, seed, looks = null, engagementDelta, latencyDelta, errorRate } = options;
  const effects = { engagementDelta, latencyDelta, errorRate, noLogRate: options.logRate };
  const policy = Lifecycle.parse({ experiments: { treatment_share: options.treatmentShare } });
  const scenario: ExperimentScenario = { visitorsPerHour, hours, seed, looks, effects, policy };
  const bar = progressBar("experimenting", runs);
  const results = await runAll<ExperimentRun>("./experiment-worker.ts", scenario, runs, bar.update).finally(bar.stop);
  if (options.verbose) for (const [run, result] of results.entries()) console.log(JSON.stringify({ run, ...result }));
  const { summary, apart } = summaryOfExperiments(results);
  console.log(JSON.stringify(apart));
  console.log(JSON.stringify(summary));
}

/** `0.1`: a share that two arms divide. */
function part(text: string): number {
  const value = share(text);
  if (value === 0 || value === 1) throw new InvalidArgumentError("Not a number between 0 and 1.");
  return value;
}

const program = commandLine("npm run --silent simulate --").description(
  "Simulates what decisions would do, by the code that makes them.",
);

program
  .command("triggers")
  .description("how often triggers fire, rightly and falsely, over simulated days with a decision an hour")
  .option("--days <n>", "days after the reference", whole(1, 1000), 90)
  .option("--visits-per-hour <n>", "on average over a week", whole(1, 100_000), 100)
  .option("--runs <n>", "sites that are simulated", whole(1, 100_000), 20)
  .option("--seed <n>", "of the random numbers", whole(0, 2 ** 31 - 1), 1)
  .option("--shift <feature=psi@day>", "a feature changes on a day after the reference, by so much PSI", shift)
  .option("--accuracy <share>", "true accuracy of the version in service", share, 0.78)
  .option("--negative <share>", "true share of negative feedback", share, 0.2)
  .option("--reference-days <n>", "days that the version in service was trained on", whole(1, 88), 14)
  .option("--site-days <n>", "days that the site has been there before them", whole(0, 365), 0)
  .addOption(
    new Option("--set <name=value>", "a number of the policy's triggers, feature_drift.threshold=0.15; again for more")
      .argParser(setting)
      .default({}, "the defaults"),
  )
  .option("--verbose", "a line for every firing, before the last one")
  .action(simulateTriggers);

program
  .command("retraining")
  .description("how often the gate accepts a candidate, by how much better it truly is, with all vetoes on")
  .option("--holdout-sessions <n>", "sessions that it is judged on", whole(1, 1_000_000), 2000)
  .option(
    "--accuracy-delta <share>",
    "true accuracy, candidate minus in service; one for each varying group: 0.03,0",
    deltas,
    [0],
  )
  .option("--discordance <share>", "sessions in which one of the two is right and the other wrong", share, 0.15)
  .option("--runs <n>", "candidates", whole(1, 1_000_000), 200)
  .option("--seed <n>", "of the random numbers", whole(0, 2 ** 31 - 1), 1)
  .action(simulateGate);

program
  .command("delivery")
  .description("what becomes of a candidate, good or harmful, by the decisions that roll it out")
  .option("--visitors-per-hour <n>", "new visitors of the site, on average over a day", whole(1, 1_000_000), 2000)
  .option("--hours <n>", "from the shadow's beginning", whole(1, 1000), 72)
  .option("--runs <n>", "deployments", whole(1, 1_000_000), 100)
  .option("--seed <n>", "of the random numbers", whole(0, 2 ** 31 - 1), 1)
  .option("--engagement-delta <d>", "share of engaged visits, candidate minus stable, around 0.20", delta, 0)
  .option("--accuracy-delta <d>", "true accuracy, candidate minus stable", delta, 0)
  .option("--latency-delta <ms>", "milliseconds that an answer takes longer", whole(-1000, 100_000), 0)
  .option("--error-rate <e>", "share of the candidate's visits with an error", share, BASE_ERRORS)
  .option("--no-log-rate <r>", "share of the candidate's visits without a log", share, BASE_NO_LOG)
  .option("--from-pct <p>", "percentage of the traffic from which on all of that is so", whole(0, 100), 0)
  .option("--verbose", "a line for every run, before the last one")
  .action(simulateDeliveries);

program
  .command("experiment")
  .description("what an A/B test of two arms finds, rightly and falsely, by the analysis that judges it")
  .option("--visitors-per-hour <n>", "new visitors of the site, on average over a day", whole(1, 1_000_000), 2000)
  .option("--hours <n>", "from the start to the horizon", whole(1, 2160), 24)
  .option("--runs <n>", "experiments", whole(1, 1_000_000), 100)
  .option("--seed <n>", "of the random numbers", whole(0, 2 ** 31 - 1), 1)
  .option(
    "--looks <n>",
    "looks by what holds at all of them; left out: one look, by the test at the horizon",
    whole(1, 1000),
  )
  .option("--treatment-share <s>", "share of the visitors in the treatment, the others are its control", part, 0.1)
  .option("--engagement-delta <d>", "share of engaged visits, treatment minus control, around 0.20", delta, 0)
  .option("--latency-delta <ms>", "milliseconds that an answer of the treatment takes longer", whole(-1000, 100_000), 0)
  .option("--error-rate <e>", "share of the treatment's visits with an error", share, BASE_ERRORS)
  .option("--no-log-rate <r>", "share of the treatment's visits without a log", share, BASE_NO_LOG)
  .option("--verbose", "a line for every run, before the last two")
  .action(simulateExperiments);

for (const command of program.commands) command.copyInheritedSettings(program);

await runCommand(program, { refusals: [RangeError], others: "thrown" });
