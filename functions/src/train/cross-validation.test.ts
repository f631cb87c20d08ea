import { describe, expect, it } from "vitest";
import { learnableLogs } from "../../../test/seeded-logs.ts";
import { Lifecycle } from "../config.ts";
import { groupOverFolds, variableOverFolds } from "./cross-validation.ts";
import type { TargetName } from "./labels.ts";
import { sampleOf } from "./sample.ts";
import { trainUnits } from "./train-units.ts";
import { heldBackRows, learntRows, unitsOf } from "./units.ts";
import { type Workspace, workspaceOf } from "./workspace.ts";

const END_MS = Date.parse("2026-09-28T00:00:00Z");

function workspace(changes: Partial<Lifecycle["training"]> = {}, sessions = 400): Workspace {
  const { training, validation: limits } = Lifecycle.parse({ training: { rounds: 10, ...changes } });
  const samples = learnableLogs("cv", { sessions, endMs: END_MS }).map(sampleOf);
  const validation = { verdict: "proceed", checked: 0, valid: 0, invalid: {}, reason: "" } as const;
  return workspaceOf(samples, { training, limits, validation, parent: null });
}

const sessionsOf = ({ examples }: Workspace, rows: Int32Array): Set<number> =>
  new Set(Array.from(rows, (row) => examples.session[row] as number));

describe("the units of a full training", () => {
  it("are the models, and each fold of each of them", () => {
    const { plan, ...work } = workspace({ folds: 3 });
    const names = unitsOf({ plan, ...work }).map(({ name }) => name);
    expect(names).toEqual([...plan.trees, ...plan.trees.flatMap((of) => [0, 1, 2].map((fold) => `${of}.fold${fold}`))]);
  });

  it.each([
    ["the policy wants no folds", { folds: 0 }, 400],
    ["there are fewer sessions than folds", { folds: 10 }, 11],
  ])("are the models alone where %s", (_, changes, sessions) => {
    const work = workspace(changes, sessions);
    expect(work.fold).toBeNull();
    expect(unitsOf(work).map(({ name }) => name)).toEqual(work.plan.trees);
  });

  it("hold every training session back once, from a model that has not seen it", () => {
    const work = workspace();
    const times = new Int32Array(work.examples.ids.length);
    for (const unit of unitsOf(work).filter(({ target, fold }) => target === "density" && fold !== null)) {
      const back = heldBackRows(work, unit);
      for (const row of back) times[row] = (times[row] ?? 0) + 1;
      const learnt = sessionsOf(work, learntRows(work, unit));
      for (const session of sessionsOf(work, back)) expect(learnt.has(session)).toBe(false);
    }
    const training = new Set(work.split.train);
    times.forEach((count, row) => {
      expect(count).toBe(training.has(row) ? 1 : 0);
    });
  });

  it("take as many sessions as the policy allows", () => {
    const work = workspace({ folds_max_sessions: 100 });
    const taking = work.split.train.filter((row) => work.fold?.[row] !== -1);
    expect(sessionsOf(work, taking).size).toBe(100);
  });
});

describe("cross-validation", () => {
  it("judges each fold by the model that has not seen it", async () => {
    const work = workspace();
    const foldsOf = (target: TargetName) =>
      trainUnits(
        work,
        unitsOf(work).filter((unit) => unit.target === target && unit.fold !== null),
        async () => {},
      );
    const density = await foldsOf("density");
    const found = groupOverFolds(work, "density", density);
    // Four in five visits of one half of the sessions are engaged, one in five of the other, and screens tell them apart.
    expect(found?.folds).toBe(5);
    expect(found?.accuracy.mean).toBeGreaterThan(0.75);
    expect(found?.accuracy.mean).toBeLessThan(0.85);
    expect(found?.accuracy.sd).toBeGreaterThan(0);
    expect(found?.log_loss.mean).toBeLessThan(Math.log(3));
    // By hand, of the first fold: rows in their order, three probabilities each; every session has one or two rows.
    const rows = heldBackRows(work, { target: "density", fold: 0 });
    const values = new Float32Array(new Uint8Array(density[0] ?? []).buffer);
    let [right, weight] = [0, 0];
    rows.forEach((row, i) => {
      const of = values.subarray(3 * i, 3 * i + 3);
      right +=
        of.indexOf(Math.max(...of)) === work.examples.labels.density[row] ? (work.examples.weights[row] ?? 0) : 0;
      weight += work.examples.weights[row] ?? 0;
    });
    const alone = groupOverFolds(work, "density", [density[0] ?? new Uint8Array(), density[1] ?? new Uint8Array()]);
    const both = groupOverFolds(work, "density", [density[0] ?? new Uint8Array(), new Uint8Array()]);
    expect(both).toBeNull();
    const spread = Math.abs(right / weight - (alone?.accuracy.mean ?? 0)) * Math.SQRT2;
    expect(alone?.accuracy.sd).toBeCloseTo(spread, 10);

    const size = variableOverFolds(work, "font_size_base", await foldsOf("font_size_base"));
    expect(size?.mae.mean).toBeGreaterThan(0);
    expect(size?.mae.mean).toBeLessThan(0.1);
    expect(size?.normalised_mae.mean).toBeCloseTo((size?.mae.mean ?? 0) / 0.7, 12);
  });
});
