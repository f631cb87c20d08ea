import { describe, expect, it } from "vitest";
import { Lifecycle } from "../config.ts";
import { decideTriggers, type TriggerFacts } from "./triggers.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.parse("2026-09-28T05:12:00.000Z");
const policy = Lifecycle.parse({}).triggers;

function facts(differences: Partial<TriggerFacts>): TriggerFacts {
  return {
    nowMs: NOW,
    policy,
    inService: "rules",
    lastTrainingMs: null,
    lastVersionMs: differences.lastTrainingMs ?? null,
    newSessions: 0,
    openJob: null,
    lastFiredMs: {},
    days: [null, null, null],
    feedback: null,
    volume: null,
    ...differences,
  };
}

type Row = { name: string; facts: Partial<TriggerFacts>; verdict: string; reason: RegExp };

const volume: Row[] = [
  { name: "no version yet, 999 sessions", facts: { newSessions: 999 }, verdict: "ok", reason: /^999 .*1000/ },
  { name: "no version yet, 1000 sessions", facts: { newSessions: 1000 }, verdict: "fired", reason: /^1000 .*first/ },
  {
    name: "a millisecond less than 7 days",
    facts: { newSessions: 1000, lastTrainingMs: NOW - 7 * DAY + 1 },
    verdict: "ok",
    reason: /6\.99 days .*7 are needed/,
  },
  {
    name: "7 days to the millisecond",
    facts: { newSessions: 1000, lastTrainingMs: NOW - 7 * DAY },
    verdict: "fired",
    reason: /7\.00 days/,
  },
  {
    name: "8 days and 999 sessions",
    facts: { newSessions: 999, lastTrainingMs: NOW - 8 * DAY },
    verdict: "ok",
    reason: /999/,
  },
  {
    name: "a job that is open",
    facts: { newSessions: 5000, openJob: "admin.1" },
    verdict: "busy",
    reason: /5000 .*admin\.1/,
  },
  { name: "a job open but nothing to do", facts: { newSessions: 3, openJob: "admin.1" }, verdict: "ok", reason: /^3 / },
  {
    name: "a firing a millisecond less than 24 h ago",
    facts: { newSessions: 1000, lastFiredMs: { data_volume: NOW - DAY + 1 } },
    verdict: "cooling_down",
    reason: /fired 23\.99 h ago, and 24 h/,
  },
  {
    name: "a firing 24 h ago",
    facts: { newSessions: 1000, lastFiredMs: { data_volume: NOW - DAY } },
    verdict: "fired",
    reason: /1000/,
  },
  {
    name: "a firing an hour from now, since event time went back",
    facts: { newSessions: 1000, lastFiredMs: { data_volume: NOW + HOUR } },
    verdict: "cooling_down",
    reason: /fired 1\.00 h later than now/,
  },
  {
    name: "another trigger's firing an hour ago",
    facts: { newSessions: 1000, lastFiredMs: { age: NOW - HOUR } },
    verdict: "fired",
    reason: /1000/,
  },
  {
    name: "a training a millisecond less than 72 h ago, with no least age set",
    facts: {
      newSessions: 1000,
      lastTrainingMs: NOW - 72 * HOUR + 1,
      policy: { ...policy, data_volume: { ...policy.data_volume, min_days: 0 } },
    },
    verdict: "cooling_down",
    reason: /trained 71\.99 h ago, and 72 h/,
  },
  {
    name: "a training 72 h ago, with no least age set",
    facts: {
      newSessions: 1000,
      lastTrainingMs: NOW - 72 * HOUR,
      policy: { ...policy, data_volume: { ...policy.data_volume, min_days: 0 } },
    },
    verdict: "fired",
    reason: /3\.00 days/,
  },
  {
    name: "switched off",
    facts: { newSessions: 1000, policy: { ...policy, data_volume: { ...policy.data_volume, enabled: false } } },
    verdict: "disabled",
    reason: /switched off/,
  },
];

const aged: Row[] = [
  { name: "no version yet", facts: { newSessions: 900 }, verdict: "insufficient_data", reason: /nothing has been/ },
  {
    name: "a millisecond less than 30 days",
    facts: { newSessions: 100, lastTrainingMs: NOW - 30 * DAY + 1 },
    verdict: "ok",
    reason: /29\.99 days .*30 are allowed/,
  },
  {
    name: "30 days and 100 sessions",
    facts: { newSessions: 100, lastTrainingMs: NOW - 30 * DAY },
    verdict: "fired",
    reason: /30\.00 days .*100 new sessions/,
  },
  {
    name: "30 days and 99 sessions",
    facts: { newSessions: 99, lastTrainingMs: NOW - 30 * DAY },
    verdict: "insufficient_data",
    reason: /99 new sessions, 100 are needed/,
  },
  {
    name: "31 days and data volume firing",
    facts: { newSessions: 1000, lastTrainingMs: NOW - 31 * DAY },
    verdict: "busy",
    reason: /data_volume opens/,
  },
  {
    name: "31 days and data volume cooling down",
    facts: { newSessions: 1000, lastTrainingMs: NOW - 31 * DAY, lastFiredMs: { data_volume: NOW - HOUR } },
    verdict: "fired",
    reason: /31\.00 days/,
  },
  {
    name: "its own firing an hour ago",
    facts: { newSessions: 100, lastTrainingMs: NOW - 31 * DAY, lastFiredMs: { age: NOW - HOUR } },
    verdict: "cooling_down",
    reason: /fired 1\.00 h ago/,
  },
  {
    name: "a job that is open",
    facts: { newSessions: 100, lastTrainingMs: NOW - 31 * DAY, openJob: "admin.1" },
    verdict: "busy",
    reason: /admin\.1/,
  },
];

describe("the data volume trigger", () => {
  it.each(volume)("with $name says $verdict", ({ facts: differences, verdict, reason }) => {
    const { triggers, fired } = decideTriggers(facts(differences));
    expect(triggers.data_volume.verdict).toBe(verdict);
    expect(triggers.data_volume.reason).toMatch(reason);
    expect(triggers.data_volume).toMatchObject({ threshold: 1000, unit: "sessions", value: differences.newSessions });
    expect(fired === "data_volume").toBe(verdict === "fired");
  });
});

describe("a version that awaits evidence", () => {
  const awaiting = { newSessions: 1000, lastTrainingMs: NOW - 31 * DAY };
  it.each([
    { name: "does not count as a training", lastVersionMs: NOW - 3 * DAY, volume: "fired" },
    { name: "keeps triggers quiet for three days", lastVersionMs: NOW - 3 * DAY + 1, volume: "cooling_down" },
  ])("$name", ({ lastVersionMs, volume: verdict }) => {
    expect(decideTriggers(facts({ ...awaiting, lastVersionMs })).triggers.data_volume.verdict).toBe(verdict);
  });
});

describe("the age trigger", () => {
  it.each(aged)("with $name says $verdict", ({ facts: differences, verdict, reason }) => {
    const { triggers, fired } = decideTriggers(facts(differences));
    expect(triggers.age.verdict).toBe(verdict);
    expect(triggers.age.reason).toMatch(reason);
    expect(triggers.age).toMatchObject({ threshold: 30, unit: "days", sessions: differences.newSessions });
    expect(fired === "age").toBe(verdict === "fired");
  });
});
