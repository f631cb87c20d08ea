// npm run plot-triggers: simulates what docs/triggers.md shows and draws it into docs/. Takes some ten minutes on two cores.
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { progressBar } from "./model/progress.ts";
import { draw, type Point } from "./simulate/draw.ts";
import { simulatedPolicy } from "./simulate/policy.ts";
import type { RunResult, Scenario } from "./simulate/run.ts";
import { runAll } from "./simulate/run-all.ts";
import { type Summary, summaryOf } from "./simulate/summary.ts";

const DOCS = resolve(import.meta.dirname, "../docs");
const RUNS = 40;
/** Days of a scenario in which something is wrong: enough to find it or not. */
const DAYS = 14;
/** The day from which a feature is changed: a training's pause is over. */
const CHANGED = 4;
const SEED = 1;

const QUIET: Scenario = {
  days: DAYS,
  referenceDays: 14,
  siteDays: 0,
  visitsPerHour: 100,
  rates: { accuracy: 0.78, negative: 0.2 },
  shift: null,
  policy: simulatedPolicy({}),
  seed: SEED,
};

async function summary(name: string, scenario: Scenario): Promise<Summary> {
  const bar = progressBar(name, RUNS);
  return summaryOf(scenario, await runAll<RunResult>("./run-worker.ts", scenario, RUNS, bar.update).finally(bar.stop));
}

/** How often a change of one feature is found within ten days, by its size and the threshold. */
async function byShift(): Promise<Point[]> {
  const points: Point[] = [];
  for (const threshold of [0.1, 0.2, 0.3]) {
    for (const amount of [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4]) {
      const shift = { feature: "touch_enabled", amount, day: CHANGED } as const;
      const policy = simulatedPolicy({ feature_drift: { threshold } });
      const { detected } = await summary(`PSI ${amount}, threshold ${threshold}`, { ...QUIET, shift, policy });
      points.push({ x: amount, share: detected ?? 0, curve: `threshold ${threshold}` });
    }
  }
  return points;
}

/** How often the accuracy trigger fires within two weeks, by the true accuracy and the traffic. */
async function byAccuracy(): Promise<Point[]> {
  const points: Point[] = [];
  for (const visitsPerHour of [10, 30, 100]) {
    for (const accuracy of [0.66, 0.68, 0.7, 0.71, 0.72, 0.73, 0.74, 0.75, 0.76, 0.78]) {
      const scenario = { ...QUIET, visitsPerHour, rates: { accuracy, negative: 0.2 } };
      const { detected, runs_with_false_firing } = await summary(`accuracy ${accuracy}, ${visitsPerHour}/h`, scenario);
      points.push({ x: accuracy, share: detected ?? runs_with_false_firing, curve: `${visitsPerHour} visits an hour` });
    }
  }
  return points;
}

const shifts = await byShift();
const accuracies = await byAccuracy();
const common = { y: "share of sites where it fires" };
writeFileSync(
  join(DOCS, "triggers-drift.svg"),
  draw(shifts, { ...common, x: "size of the change (PSI of one feature)", title: "Drift found within ten days" }),
);
writeFileSync(
  join(DOCS, "triggers-accuracy.svg"),
  draw(accuracies, { ...common, x: "true accuracy", title: "The accuracy trigger within two weeks" }),
);
console.log(JSON.stringify({ shifts, accuracies }));
