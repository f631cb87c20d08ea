import { describe, expect, it } from "vitest";
import { someLog } from "../../../test/some-log.ts";
import type { InteractionLog } from "../collect/schema.ts";
import { Lifecycle } from "../config.ts";
import { neutralVariables } from "../design/rules.ts";
import { CLASS_GROUPS, type ClassGroup, type Design, VARIABLE_NAMES } from "../design/schema.ts";
import type { JudgedModel } from "../model/bundle.ts";
import { type Answers, answersOf } from "./answers.ts";
import { type Candidate, evaluateCandidate, judgedGroups } from "./evaluate-candidate.ts";
import { gatherEvidence } from "./gate-evidence.ts";
import { sampleOf } from "./sample.ts";
import { type Workspace, workspaceOf } from "./workspace.ts";

const VERSION = "v_20260928T051200Z_0123456789ab";
const ENGAGED = { session_duration: 120_001, interactions_count: 6, scroll_depth: 0.71, bounce_rate: 0.29 };

/** Ten sessions, one a minute; each one's visits are engaged or not, and the last two sessions judge. */
const SESSIONS = ["-", "-", "-", "-", "-", "+", "+", "+", "+", "+-"];

function workspace(policy: "engagement" | "observed", differences: Partial<InteractionLog> = {}): Workspace {
  const samples = SESSIONS.flatMap((visits, session) =>
    [...visits].map((visit, i) =>
      sampleOf(
        someLog({
          prediction_id: `${session}.${i}`,
          session_id: `s${session}`,
          event_at: new Date(Date.parse("2026-09-28T05:00:00.000Z") + session * 60_000 + i).toISOString(),
          ...(visit === "+" ? ENGAGED : {}),
          ...differences,
        }),
      ),
    ),
  );
  const training = { ...Lifecycle.parse({}).training, target_policy: policy };
  const { validation: limits } = Lifecycle.parse({});
  const validation = { verdict: "proceed", checked: 11, valid: 11, invalid: {}, reason: "" } as const;
  return workspaceOf(samples, { training, limits, validation, parent: null });
}

/** A version that always answers the same. */
function always(classes: Record<ClassGroup, number>, variables: Partial<Design["variables"]> = {}): JudgedModel {
  const design = { classes, variables: { ...neutralVariables(), ...variables }, confidence: classes };
  const probabilities = Object.fromEntries(
    CLASS_GROUPS.map((group) => [group, Float32Array.from([0, 1, 2], (index) => Number(index === classes[group]))]),
  ) as Record<ClassGroup, Float32Array>;
  return { varyingGroups: [], predict: () => design, predictFully: () => ({ ...design, probabilities }) };
}

const answers = (model: JudgedModel, { examples }: Workspace): Promise<Answers> =>
  answersOf(model, examples, Int32Array.from(examples.ids.keys()), async () => {});

async function candidate(of: Workspace, classes: Record<ClassGroup, number>): Promise<Candidate> {
  return {
    answers: await answers(always(classes, { font_size_base: 1.1 }), of),
    against: "rules",
    inService: null,
  };
}

const evaluated = (work: Workspace, of: Candidate) =>
  evaluateCandidate(work, of, { offPolicy: null, minSessions: 0 }, async () => {});

const ALTA = { density: 2, font: 0, theme: 0 };
const MEDIA = { ...ALTA, density: 1 };

describe("a candidate", () => {
  it("is measured on the hold-out, each session with weight 1, beside the rules and the majority", async () => {
    const work = workspace("engagement");
    const { metrics, gate } = await evaluated(work, await candidate(work, ALTA));
    // Session 8 is engaged, session 9 half: 3/4 of the weight is densidad-alta. In training 5 of 8 are media.
    expect(metrics.classes.density).toMatchObject({
      rows: 3,
      sessions: 2,
      accuracy: 0.75,
      rules_accuracy: 0.25,
      majority_accuracy: 0.25,
      varies: true,
    });
    // A constant is sure of itself: wrong in 1/4 of the weight, -ln(2^-52) = 36.04 nats each.
    expect(metrics.classes.density.log_loss).toBeCloseTo(0.25 * 52 * Math.LN2, 10);
    expect(metrics.classes.theme).toMatchObject({ accuracy: 1, varies: false });
    // Targets 1.15, 1.15 and 1; always 1.1: 0.05 and, in 1/4 of the weight, 0.1. The rules say 1.
    expect(metrics.variables["font_size_base"]?.mae).toBeCloseTo(0.0625, 12);
    expect(metrics.variables["font_size_base"]?.normalised_mae).toBeCloseTo(0.0625 / 0.7, 12);
    expect(metrics.variables["font_size_base"]?.rules_mae).toBeCloseTo(0.1125, 12);
    expect(Object.keys(metrics.variables)).toEqual(VARIABLE_NAMES);
    // Session 8 is right, session 9 half: draws of two are (8, 8), (8, 9), (9, 9), each bound of 95 % is among them.
    expect(metrics.classes.density.estimates?.accuracy).toEqual({ value: 0.75, low: 0.5, high: 1 });
    expect(metrics.classes.density.estimates?.accuracy_above_rules).toEqual({ value: 0.5, low: 0, high: 1 });
    expect(metrics.classes.density.estimates?.accuracy_above_in_service).toBeNull();
    // The training median is 1, for whom 5 of 8 sessions are not engaged.
    expect(metrics.variables["font_size_base"]?.median_mae).toBeCloseTo(0.1125, 12);
    // Two sessions are too few to say more.
    expect(gate).toMatchObject({ verdict: "not_enough_data", against: "rules", sessions: 2 });
  });

  it("is compared with the version in service on the same rows", async () => {
    const work = workspace("engagement");
    const inService = { ...(await answers(always(ALTA), work)), varyingGroups: [] };
    const worse = { ...(await candidate(work, MEDIA)), against: VERSION, inService } as const;
    const { estimates } = (await evaluated(work, worse)).metrics.classes.density;
    // On the same draws: where the one is right by half a session more, the other is so by half a session less.
    expect(estimates?.accuracy_above_in_service).toEqual({ value: -0.5, low: -1, high: 0 });
    expect(estimates?.log_loss_above_in_service?.value).toBeCloseTo(0.5 * 52 * Math.LN2, 10);
  });

  it("that is constant is judged where the hold-out is not", async () => {
    const work = workspace("engagement");
    const constant = { ...work, plan: { constants: {}, trees: [] } };
    expect(judgedGroups(constant, await candidate(work, MEDIA))).toEqual(["density"]);
  });

  it.each([
    {
      name: "is judged where the version in service has trees",
      varyingGroups: ["theme"],
      judged: ["density", "theme"],
    },
    { name: "is not judged where nothing varies", varyingGroups: [], judged: ["density"] },
  ] as const)("that is constant $name", async ({ varyingGroups, judged }) => {
    const work = workspace("engagement");
    const inService = { ...(await answers(always(ALTA), work)), varyingGroups };
    expect(judgedGroups(work, { inService })).toEqual(judged);
  });

  it("has its evidence session by session, beside that of the version in service, the rules and the majority", async () => {
    const work = workspace("engagement");
    const inService = { ...(await answers(always(MEDIA), work)), varyingGroups: [] };
    const { sums, sessions, segments } = gatherEvidence(work, { ...(await candidate(work, ALTA)), inService }, [
      "density",
    ]);
    // Session 8 is engaged, session 9 half; who is sure and wrong loses -ln(0.001), who is right -ln(0.999).
    const [wrong, right] = [-Math.log(0.001), -Math.log(0.999)];
    expect(sessions).toBe(2);
    const half = (wrong + right) / 2;
    const expected = [1, right, wrong, 1, 0, 0, 0, 1, half, half, 0.5, 0.5, 0.5, 0.5];
    expect(Array.from(sums)).toEqual(expected.map((value) => expect.closeTo(value, 12)));
    const desktop = segments.find(({ segment }) => segment === "device desktop");
    expect(desktop?.difference).toMatchObject({ clusters: 2, y: 1, w: 2 });
  });

  it("has evidence against the rules, which are as sure as they were right in training", async () => {
    const work = workspace("engagement");
    const { sums } = gatherEvidence(work, await candidate(work, ALTA), ["density"]);
    // They say media of every visit: 5 of 8 sessions were media and 3 alta, each class once more.
    expect(sums[2]).toBeCloseTo(-Math.log(4 / 11), 12);
    expect(sums[9]).toBeCloseTo((-Math.log(4 / 11) - Math.log(6 / 11)) / 2, 12);
  });

  it("without a labelled hold-out row has figures of 0 and is not judged by them", async () => {
    const work = workspace("observed", { predicted_css_variables: {} });
    const { metrics, gate } = await evaluated(work, await candidate(work, ALTA));
    expect(metrics.variables["spacing_base"]).toMatchObject({
      rows: 0,
      mae: 0,
      normalised_mae: 0,
      rules_mae: 0,
      varies: false,
      estimates: { mae: { value: 0, low: 0, high: 0 }, mae_above_in_service: null },
    });
    expect(metrics.classes.density.estimates?.accuracy).toEqual({ value: 0, low: 0, high: 0 });
    expect(gate.verdict).toBe("not_enough_data");
  });
});
