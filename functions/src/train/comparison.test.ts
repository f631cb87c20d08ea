import { describe, expect, it } from "vitest";
import { someLog } from "../../../test/some-log.ts";
import { Lifecycle } from "../config.ts";
import { FEATURE_NAMES } from "../design/schema.ts";
import { answersOfRules, type ComparedVersion, compareAnswers, judgingOnly, summaryOf } from "./comparison.ts";
import { sampleOf } from "./sample.ts";
import type { Workspace } from "./workspace.ts";

const VERSION = "v_20260928T051200Z_0123456789ab";
const ENGAGED = { session_duration: 120_001, interactions_count: 6, scroll_depth: 0.71, bounce_rate: 0.29 };
const TOUCH = FEATURE_NAMES.indexOf("touch_enabled");
const SESSIONS = 40;
/** The first sessions are engaged: what is right for them is densidad-alta, and densidad-media for the others. */
const ENGAGED_SESSIONS = 10;

/** A visit in each session; the first 20 sessions, and so all that are engaged, have a touch screen. */
function visits(sessions = SESSIONS): Workspace {
  const samples = Array.from({ length: sessions }, (_, i) => {
    const features = someLog({}).features.slice();
    features[TOUCH] = i < 20 ? 1 : 0;
    const event_at = new Date(Date.parse("2026-09-28T05:00:00.000Z") + i * 1000).toISOString();
    const log = { prediction_id: `p${i}`, session_id: `s${i}`, unit: `u${i}`, subject: `u${i}`, event_at, features };
    return sampleOf(someLog({ ...log, ...(i < ENGAGED_SESSIONS ? ENGAGED : {}) }));
  });
  const { training, validation: limits } = Lifecycle.parse({});
  const validation = { verdict: "proceed", checked: sessions, valid: sessions, invalid: {}, reason: "" } as const;
  return judgingOnly(samples, { training, limits, validation });
}

const rules = ({ examples }: Workspace): ComparedVersion => ({ version: "rules", answers: answersOfRules(examples) });

/** A version that is right about the density of the first sessions, and says what the rules say of all else. */
function right(workspace: Workspace, sessions: number): ComparedVersion {
  const { answers } = rules(workspace);
  for (let row = 0; row < sessions; row++) {
    const label = workspace.examples.labels.density[row] as number;
    answers.classes.density[row] = label;
    answers.probabilities.density.set([0.1, 0.1, 0.1], row * 3);
    answers.probabilities.density[row * 3 + label] = 0.8;
  }
  return { version: VERSION, answers };
}

describe("a comparison", () => {
  const workspace = visits();
  const versions = { a: right(workspace, 20), b: rules(workspace) };
  const compared = compareAnswers(workspace, versions);

  it("has both figures and their difference on the same visits", () => {
    const { density } = compared.classes;
    expect(density).toMatchObject({ rows: SESSIONS, sessions: SESSIONS });
    expect([density.a.accuracy.value, density.b.accuracy.value, density.difference.accuracy.value]).toEqual([
      1, 0.75, 0.25,
    ]);
    expect(density.difference.accuracy.low).toBeGreaterThan(0);
    // Twenty visits at 0.8, the others at 1.
    expect(density.a.log_loss?.value).toBeCloseTo(-Math.log(0.8) / 2, 6);
    expect(density.a.ece?.value).toBeCloseTo(0.1, 6);
    expect(compared.variables.font_size_base.a).toEqual(compared.variables.font_size_base.b);
    expect(compared.variables.font_size_base.difference).toEqual({ value: 0, low: 0, high: 0 });
  });

  it("tells no log-loss of the rules, which say no probability", () => {
    const { b, difference } = compared.classes.density;
    expect([b.log_loss, b.ece, difference.log_loss]).toEqual([null, null, null]);
  });

  it("is minus itself the other way round", () => {
    const { density } = compareAnswers(workspace, { a: versions.b, b: versions.a }).classes;
    const { value, low, high } = compared.classes.density.difference.accuracy;
    expect(density.difference.accuracy.value).toBe(-value);
    // The order statistics on either side are as far from the ends.
    expect(density.difference.accuracy.low).toBeCloseTo(-high, 12);
    expect(density.difference.accuracy.high).toBeCloseTo(-low, 12);
  });

  it("tells segments apart where somebody can be wrong, with an interval from thirty sessions on", () => {
    expect(new Set(compared.segments.map(({ group }) => group))).toEqual(new Set(["density"]));
    const of = (name: string) => compared.segments.find(({ segment }) => segment === name);
    expect(of("pointer touch")).toMatchObject({ rows: 20, sessions: 20, a: 1, b: 0.5, difference: null });
    expect(of("pointer no touch")).toMatchObject({ rows: 20, a: 1, b: 1 });
    // scipy.stats.t.interval(0.95, 39, loc=d.mean(), scale=scipy.stats.sem(d)) for d = [1] * 10 + [0] * 30.
    const everybody = of("device desktop");
    expect(everybody?.sessions).toBe(SESSIONS);
    expect(everybody?.difference?.value).toBe(0.25);
    expect(everybody?.difference?.low).toBeCloseTo(0.10975161871907746, 12);
    expect(everybody?.difference?.high).toBeCloseTo(0.39024838128092254, 12);
  });

  it.each([
    { name: "29 sessions are too few", sessions: 29, told: false },
    { name: "30 sessions are enough", sessions: 30, told: true },
  ])("of a segment: $name", ({ sessions, told }) => {
    const few = visits(sessions);
    const { segments } = compareAnswers(few, { a: right(few, 20), b: rules(few) });
    expect(segments.find(({ segment }) => segment === "device desktop")?.difference !== null).toBe(told);
  });

  it("is summed up in a sentence", () => {
    const on = { a: VERSION, b: "rules", sessions: SESSIONS } as const;
    expect(summaryOf(compared, on)).toMatch(
      /^On 40 sessions v_20260928T051200Z_0123456789ab is right, compared with rules, more often for density \(\+25\.0 points, \+\d+\.\d to \+\d+\.\d\); no segment stands out against it\.$/,
    );
    const reversed = compareAnswers(workspace, { a: versions.b, b: versions.a });
    expect(summaryOf(reversed, { a: "rules", b: VERSION, sessions: SESSIONS })).toMatch(
      /less often for density .* it loses most in accessibility no needs for density \(-25\.0 points\)\.$/,
    );
    const equal = compareAnswers(workspace, { a: right(workspace, 0), b: rules(workspace) });
    expect(summaryOf(equal, on)).toMatch(/as often for density as far as can be told \(0\.0 to 0\.0 points\)/);
  });

  it("says so where nobody can be wrong", () => {
    const nobody = visits(0);
    const figures = compareAnswers(nobody, { a: right(nobody, 0), b: rules(nobody) });
    expect(figures.segments).toEqual([]);
    expect(summaryOf(figures, { a: VERSION, b: "rules", sessions: 0 })).toMatch(/nothing in which/);
  });
});
