import { describe, expect, it } from "vitest";
import { someDay, someReference, someVisitor } from "../../../test/some-visitors.ts";
import { Lifecycle } from "../config.ts";
import type { Days } from "./drift-section.ts";
import { driftSection } from "./drift-section.ts";
import { comparison, type DayFindings, judgeDay } from "./judge-day.ts";
import { Evaluation, TriggerName } from "./schema.ts";
import type { VolumeDay, VolumeFindings } from "./seasonal.ts";
import { decideTriggers, type TriggerFacts } from "./triggers.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.parse("2026-09-28T05:12:00.000Z");
const policy = Lifecycle.parse({}).triggers;
const withPolicy = (triggers: object) => Lifecycle.parse({ triggers }).triggers;

const touching = (share: number) => (i: number) =>
  someVisitor({ features: { touch_enabled: Number(i % 100 < share) } });
const compared = comparison(someReference(600, touching(22)), "", policy);
const day = (make: (i: number) => ReturnType<typeof someVisitor>, count = 1000): DayFindings =>
  judgeDay(someDay(count, make), compared, policy);

const quiet = day(touching(22));
const drifted = day(touching(50));
const wrong = day((i) =>
  someVisitor({
    ...touching(22)(i),
    features: { touch_enabled: Number(i % 100 < 22) },
    right: { density: i % 10 < 6, font: true, theme: true },
  }),
);
const otherwise = day((i) =>
  someVisitor({ features: { touch_enabled: Number(i % 100 < 22) }, answered: { density: i % 2, font: 0, theme: 0 } }),
);
const foreign = day((i) =>
  someVisitor({ features: { touch_enabled: Number(i % 100 < 22) }, language: i % 10 === 0 ? "ja" : "es" }),
);
const few = day(touching(50), 399);
const ruled = judgeDay(someDay(1000, touching(50)), comparison(null, "the rules are in service", policy), policy);

function facts(differences: Partial<TriggerFacts>): TriggerFacts {
  return {
    nowMs: NOW,
    policy,
    inService: "rules",
    lastTrainingMs: NOW - 4 * DAY,
    lastVersionMs: differences.lastTrainingMs ?? NOW - 4 * DAY,
    newSessions: 5000,
    openJob: null,
    lastFiredMs: {},
    days: [quiet, quiet, quiet],
    feedback: { visitors: 500, negative: 50 },
    volume: null,
    ...differences,
  };
}

type Row = { name: string; facts: Partial<TriggerFacts>; trigger: TriggerName; verdict: string; reason: RegExp };

function check({ facts: differences, trigger, verdict, reason }: Row): void {
  const { triggers, fired } = decideTriggers(facts(differences));
  expect(triggers[trigger]).toMatchObject({ verdict, sessions: differences.newSessions ?? 5000 });
  expect(triggers[trigger].reason).toMatch(reason);
  expect(fired === trigger).toBe(verdict === "fired");
}

describe("what is believed of three days", () => {
  const findings: [TriggerName, DayFindings, RegExp][] = [
    [
      "feature_drift",
      drifted,
      /^11 of 14 features compared; touch_enabled has PSI 0\.3\d+ .*touch visitors 22 % -> 50 %/,
    ],
    ["accuracy", wrong, /density right for 60\.0 % of 1000 visitors, hardly more than 62\.5 %; 75\.0 % are needed/],
    ["prediction_drift", otherwise, /density differs by 0\.5.*densidad-baja 0 % -> 50 %/],
  ];
  const rows = findings.flatMap(([trigger, bad, reason]): Row[] => [
    { name: "never", facts: {}, trigger, verdict: "ok", reason: /./ },
    {
      name: "now alone",
      facts: { days: [bad, quiet, quiet] },
      trigger,
      verdict: "ok",
      reason: /on neither of the two days before/,
    },
    { name: "now and the day before", facts: { days: [bad, bad, quiet] }, trigger, verdict: "fired", reason },
    {
      name: "now and two days before",
      facts: { days: [bad, quiet, bad] },
      trigger,
      verdict: "fired",
      reason: /on 2 of 3 days/,
    },
    {
      name: "now and two days before, with nothing known in between",
      facts: { days: [bad, null, bad] },
      trigger,
      verdict: "fired",
      reason: /on 2 of 3 days/,
    },
    { name: "before, but not now", facts: { days: [quiet, bad, bad] }, trigger, verdict: "ok", reason: /./ },
    {
      name: "on no day that was collected",
      facts: { days: [null, bad, bad] },
      trigger,
      verdict: "insufficient_data",
      reason: /not collected/,
    },
  ]);
  it.each(rows)("$trigger $name: $verdict", check);
});

describe("a trigger", () => {
  it.each<Row>([
    {
      name: "in the service of the rules",
      facts: { days: [ruled, ruled, ruled] },
      trigger: "feature_drift",
      verdict: "insufficient_data",
      reason: /^the rules are in service$/,
    },
    {
      name: "in the service of the rules",
      facts: { days: [ruled, ruled, ruled] },
      trigger: "new_user_patterns",
      verdict: "insufficient_data",
      reason: /^the rules are in service$/,
    },
    {
      name: "in the service of the rules",
      facts: { days: [ruled, ruled, ruled] },
      trigger: "prediction_drift",
      verdict: "insufficient_data",
      reason: /^the rules are in service$/,
    },
    {
      name: "with 399 visitors",
      facts: { days: [few, drifted, drifted] },
      trigger: "feature_drift",
      verdict: "insufficient_data",
      reason: /399 visitors, 400 are needed/,
    },
    {
      name: "with 999 new sessions",
      facts: { days: [drifted, drifted, quiet], newSessions: 999 },
      trigger: "feature_drift",
      verdict: "insufficient_data",
      reason: /touch.*but 999 new sessions, 1000 are needed/,
    },
    {
      name: "with 1000 new sessions",
      facts: { days: [drifted, drifted, quiet], newSessions: 1000 },
      trigger: "feature_drift",
      verdict: "fired",
      reason: /touch/,
    },
    {
      name: "with 99 new sessions",
      facts: { days: [wrong, wrong, quiet], newSessions: 99 },
      trigger: "accuracy",
      verdict: "insufficient_data",
      reason: /but 99 new sessions, 100/,
    },
    {
      name: "with 100 new sessions",
      facts: { days: [wrong, wrong, quiet], newSessions: 100 },
      trigger: "accuracy",
      verdict: "fired",
      reason: /60\.0 %/,
    },
    {
      name: "without enough new sessions, but nothing to fire for",
      facts: { newSessions: 0 },
      trigger: "feature_drift",
      verdict: "ok",
      reason: /./,
    },
    {
      name: "on a dry run",
      facts: { days: [drifted, drifted, quiet], policy: withPolicy({ feature_drift: { dry_run: true } }) },
      trigger: "feature_drift",
      verdict: "would_fire",
      reason: /touch/,
    },
    {
      name: "switched off",
      facts: { days: [drifted, drifted, quiet], policy: withPolicy({ feature_drift: { enabled: false } }) },
      trigger: "feature_drift",
      verdict: "disabled",
      reason: /switched off/,
    },
    {
      name: "an hour after its own firing",
      facts: { days: [drifted, drifted, quiet], lastFiredMs: { feature_drift: NOW - HOUR } },
      trigger: "feature_drift",
      verdict: "cooling_down",
      reason: /fired 1\.00 h ago/,
    },
    {
      name: "after a training of yesterday",
      facts: { days: [drifted, drifted, quiet], lastTrainingMs: NOW - DAY },
      trigger: "feature_drift",
      verdict: "cooling_down",
      reason: /trained 24\.00 h ago/,
    },
    {
      name: "beside a job",
      facts: { days: [drifted, drifted, quiet], openJob: "admin.1" },
      trigger: "feature_drift",
      verdict: "busy",
      reason: /admin\.1/,
    },
    {
      name: "with a new language",
      facts: { days: [foreign, null, null] },
      trigger: "new_user_patterns",
      verdict: "fired",
      reason: /language ja: 0\.0 % of the reference, 10\.0 % of the visitors now, hardly less than/,
    },
    { name: "with nobody new", facts: {}, trigger: "new_user_patterns", verdict: "ok", reason: /./ },
    {
      name: "with 99 who gave feedback",
      facts: { feedback: { visitors: 99, negative: 99 } },
      trigger: "negative_feedback",
      verdict: "insufficient_data",
      reason: /99 visitors gave feedback, 100/,
    },
    // Wilson's one-sided 99 % lower bound of 35 of 100 is 0.2494, of 36 0.2582.
    {
      name: "with 35 % of 100 negative",
      facts: { feedback: { visitors: 100, negative: 35 } },
      trigger: "negative_feedback",
      verdict: "ok",
      reason: /35\.0 % of 100 visitors in 7 days, hardly less than 24\.9 %/,
    },
    {
      name: "with 36 % of 100 negative",
      facts: { feedback: { visitors: 100, negative: 36 } },
      trigger: "negative_feedback",
      verdict: "fired",
      reason: /25\.8 %/,
    },
    {
      name: "without feedback",
      facts: { feedback: null },
      trigger: "negative_feedback",
      verdict: "insufficient_data",
      reason: /not collected/,
    },
  ])("$trigger $name: $verdict", check);

  it("fires alone: the first in order, others are busy, a dry run makes way", () => {
    const both = { ...wrong, features: drifted.features };
    const { triggers, fired } = decideTriggers(facts({ days: [both, both, both] }));
    expect([fired, triggers.accuracy.verdict, triggers.feature_drift.verdict]).toEqual(["accuracy", "fired", "busy"]);
    const dry = decideTriggers(
      facts({ days: [both, both, both], policy: withPolicy({ accuracy: { dry_run: true } }) }),
    );
    expect([dry.fired, dry.triggers.accuracy.verdict]).toEqual(["feature_drift", "would_fire"]);
  });
});

describe("the seasonal trigger", () => {
  const volumeDay = (direction: -1 | 0 | 1, profileIsBeyond = false): VolumeDay => ({
    toMs: NOW,
    status: "measured",
    visits: 2000,
    expected: 1000,
    ratio: 2,
    deviation: 100,
    direction,
    profile: 0.1,
    profileNoise: null,
    profileIsBeyond,
  });
  const unknown: VolumeDay = {
    toMs: NOW,
    status: "insufficient_data",
    reason: "the visits of 2 weeks are known, 4 are needed",
  };
  const [up, down, same, hours] = [volumeDay(1), volumeDay(-1), volumeDay(0), volumeDay(0, true)];
  const volume = (days: VolumeFindings["days"], atTraining: VolumeDay | null = same): Partial<TriggerFacts> => ({
    volume: { days, atTraining },
  });
  const autumn = [{ name: "autumn", from: "09-20", to: "10-31" }];
  const calendar = (trained: string, more: Partial<TriggerFacts> = {}): Partial<TriggerFacts> => ({
    policy: withPolicy({ seasonal: { calendar: autumn } }),
    lastTrainingMs: Date.parse(trained),
    ...more,
  });

  it.each<Omit<Row, "trigger">>([
    {
      name: "nothing changed",
      facts: volume([same, same, same]),
      verdict: "ok",
      reason: /2000 visits in 24 h, 1000 are usual/,
    },
    { name: "more visits today alone", facts: volume([up, same, same]), verdict: "ok", reason: /./ },
    { name: "more visits on two days", facts: volume([up, same, up]), verdict: "fired", reason: /^volume changed/ },
    {
      name: "fewer visits on two days",
      facts: volume([down, down, same]),
      verdict: "fired",
      reason: /^volume changed/,
    },
    { name: "more after fewer", facts: volume([up, down, down]), verdict: "ok", reason: /./ },
    {
      name: "other hours on two days",
      facts: volume([hours, hours, same]),
      verdict: "fired",
      reason: /^hours changed/,
    },
    { name: "other hours after more visits", facts: volume([hours, up, up]), verdict: "ok", reason: /./ },
    {
      name: "as many more when the last version was trained",
      facts: volume([up, up, up], up),
      verdict: "ok",
      reason: /it was so when/,
    },
    {
      name: "fewer when the last version was trained",
      facts: volume([up, up, up], down),
      verdict: "fired",
      reason: /./,
    },
    { name: "who knows what when it was trained", facts: volume([up, up, up], unknown), verdict: "fired", reason: /./ },
    {
      name: "two weeks of history",
      facts: volume([unknown, unknown, unknown]),
      verdict: "insufficient_data",
      reason: /2 weeks/,
    },
    { name: "nothing collected", facts: { volume: null }, verdict: "insufficient_data", reason: /not collected/ },
    {
      name: "a season that no training has answered",
      facts: calendar("2026-09-10T00:00:00Z"),
      verdict: "fired",
      reason: /autumn is on, by the calendar, and no/,
    },
    {
      name: "a season that was answered",
      facts: calendar("2026-09-22T00:00:00Z"),
      verdict: "ok",
      reason: /answered by the training of 2026-09-22/,
    },
    {
      name: "a season that was answered, and more visits",
      facts: calendar("2026-09-22T00:00:00Z", volume([up, up, up])),
      verdict: "ok",
      reason: /answered/,
    },
    {
      name: "a training in the first hours of a season",
      facts: calendar("2026-09-20T03:00:00Z"),
      verdict: "fired",
      reason: /no training has answered/,
    },
    {
      name: "a season in its first hours",
      facts: { ...calendar("2026-09-10T00:00:00Z"), nowMs: Date.parse("2026-09-20T23:59:00Z") },
      verdict: "ok",
      reason: /after 1 days/,
    },
    {
      name: "a season before the first training",
      facts: { ...calendar("2026-09-10T00:00:00Z"), lastTrainingMs: null },
      verdict: "insufficient_data",
      reason: /nothing has been trained/,
    },
    {
      name: "a season that has not begun",
      facts: {
        ...calendar("2026-09-10T00:00:00Z"),
        nowMs: Date.parse("2026-09-19T23:59:00Z"),
        ...volume([same, same, same]),
      },
      verdict: "ok",
      reason: /usual/,
    },
  ])("with $name: $verdict", (row) => check({ ...row, trigger: "seasonal" }));

  it.each([
    {
      name: "answered",
      trained: "2026-09-22T00:00:00Z",
      verdict: "ok",
      reason: /but it is autumn, answered by a training$/,
    },
    { name: "not answered", trained: "2026-09-10T00:00:00Z", verdict: "fired", reason: /touch/ },
  ])("keeps drift from counting again in a season that was $name", ({ trained, verdict, reason }) => {
    check({
      name: "",
      facts: calendar(trained, { days: [drifted, drifted, quiet] }),
      trigger: "feature_drift",
      verdict,
      reason,
    });
    check({
      name: "",
      facts: calendar(trained, { days: [wrong, wrong, quiet] }),
      trigger: "accuracy",
      verdict: "fired",
      reason: /60/,
    });
  });
});

describe("the record of a decision", () => {
  const days: Days = [drifted, drifted, quiet];
  const { triggers, fired } = decideTriggers(facts({ days }));
  const at = new Date(NOW).toISOString();
  const record = {
    schema_version: 1,
    id: "2026-09-28T05Z",
    decided_at: at,
    created_at: at,
    in_service: "rules",
    triggers,
    drift: driftSection(days, { viewport_area: 0.4, touch_enabled: 0.2 }, policy),
    fired,
    job: null,
  };

  it("says of each feature what, how sure, where, and the most important first", () => {
    const { drift } = Evaluation.parse(record);
    expect(drift?.features.slice(0, 2).map(({ feature, verdict }) => [feature, verdict])).toEqual([
      ["viewport_area", "ok"],
      ["touch_enabled", "drift"],
    ]);
    expect(drift?.features[1]).toMatchObject({
      visitors: 1000,
      threshold: 0.2,
      beyond: [true, true, false],
      moved: ["touch visitors 22 % -> 50 %"],
      importance: 0.2,
    });
    expect(drift?.features.find(({ feature }) => feature === "user_density_group")).toMatchObject({
      verdict: "insufficient_data",
      score: null,
      beyond: [null, null, null],
    });
    expect(drift?.groups.map(({ group, verdict }) => [group, verdict])).toEqual([
      ["density", "ok"],
      ["font", "ok"],
      ["theme", "ok"],
    ]);
  });

  it.each([
    { name: "now alone", days: [drifted, quiet, null] as Days, verdict: "warning", beyond: [true, false, null] },
    { name: "before", days: [quiet, drifted, drifted] as Days, verdict: "ok", beyond: [false, true, true] },
  ])("takes a drift $name for $verdict", ({ days, verdict, beyond }) => {
    const touch = driftSection(days, null, policy)?.features.find(({ feature }) => feature === "touch_enabled");
    expect(touch).toMatchObject({ verdict, beyond });
    expect(driftSection([null, drifted, drifted], null, policy)).toBeNull();
  });

  it("can be read of releases that knew two triggers and no drift", () => {
    const { data_volume, age } = triggers;
    const { drift: _, ...old } = { ...record, triggers: { data_volume, age } };
    expect(Evaluation.parse(old).triggers.accuracy).toBeUndefined();
    expect(Object.keys(Evaluation.parse(record).triggers)).toEqual(TriggerName.options);
  });
});
