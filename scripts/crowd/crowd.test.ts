import { describe, expect, it } from "vitest";
import { LogBody } from "../../functions/src/collect/schema.ts";
import { cssClasses, cssVariables } from "../../functions/src/design/css.ts";
import { localTime } from "../../functions/src/design/local-time.ts";
import { applyOverrides, rulePolicy } from "../../functions/src/design/rules.ts";
import { PredictRequest } from "../../functions/src/serve/schema.ts";
import { Crowd, localIso, mondayBefore, type Visit } from "./crowd.ts";
import { pageLog } from "./page-log.ts";
import { deviceClass, isParticular } from "./tastes.ts";

const START = Date.UTC(2026, 8, 28);
const aCrowd = (seed: number) => new Crowd({ seed, startMs: START, visitsPerDay: 1000 });

/** Hours of visits, all of them shown what the rules say. */
function live(crowd: Crowd, hours: number): Visit[] {
  return Array.from({ length: hours }, () => {
    const visits = crowd.nextHour();
    for (const visit of visits) {
      crowd.behave(visit, applyOverrides(rulePolicy(visit.context), visit.context, visit.preferences).classes);
    }
    return visits;
  }).flat();
}

describe("crowd", () => {
  const visits = live(aCrowd(1), 72);

  it("is the same for the same seed, and another for another", () => {
    expect(live(aCrowd(1), 72)).toEqual(visits);
    expect(live(aCrowd(2), 72)).not.toEqual(visits);
  });

  it("brings the same visitors at the same times whatever they are shown", () => {
    const crowd = aCrowd(1);
    const others = Array.from({ length: 72 }, () => crowd.nextHour()).flat();
    expect(others.map(({ context }) => context)).toEqual(visits.map(({ context }) => context));
  });

  it("brings the same visitors at the same times when tastes turn, and each visit tells whose they are", () => {
    const crowd = aCrowd(1);
    const before = live(crowd, 24);
    crowd.turnTastes();
    const after = live(crowd, 48);
    const who = (some: Visit[]) => some.map(({ context, visitorNumber }) => ({ context, visitorNumber }));
    expect(who([...before, ...after])).toEqual(who(visits));
    expect(new Set(before.map(({ tastes }) => tastes))).toEqual(new Set(["first"]));
    expect(new Set(after.map(({ tastes }) => tastes))).toEqual(new Set(["turned"]));
  });

  it("comes a thousand times a day, more in the evening than at night", () => {
    expect(visits.length).toBeGreaterThan(2700);
    expect(visits.length).toBeLessThan(3300);
    const between = (from: number, to: number) =>
      visits.filter(({ context }) => {
        const { hour } = localTime(context.hora_local);
        return hour >= from && hour < to;
      }).length;
    expect(between(18, 22)).toBeGreaterThan(4 * between(2, 6));
  });

  it("keeps every visit inside its hour, told in the visitor's own offset", () => {
    const crowd = aCrowd(3);
    for (let hour = 0; hour < 24; hour++) {
      for (const visit of crowd.nextHour()) {
        expect(Math.floor((visit.atMs - START) / 3_600_000)).toBe(hour);
        expect(Date.parse(visit.context.hora_local)).toBe(visit.atMs);
      }
    }
  });

  it("has the particular kind in every device class, as a bit more than a third of it", () => {
    for (const device of ["mobile", "tablet", "desktop"]) {
      const here = visits.filter(({ context }) => deviceClass(context) === device);
      expect(here.length).toBeGreaterThan(500);
      const share = here.filter(isParticular).length / here.length;
      expect(share).toBeGreaterThan(0.28);
      expect(share).toBeLessThan(0.48);
    }
  });

  it("sends a history from the second session on, of earlier sessions only", () => {
    const sessionsOf = new Map<number, Set<string>>();
    for (const { visitorNumber, context, history } of visits) {
      const earlier = sessionsOf.get(visitorNumber) ?? new Set();
      const before = [...earlier].filter((session) => session !== context.session_id).length;
      expect(history?.sessions ?? 0).toBe(before);
      sessionsOf.set(visitorNumber, earlier.add(context.session_id));
    }
    expect(visits.filter(({ history }) => history !== undefined).length).toBeGreaterThan(200);
  });

  it("asks and tells only what the contract takes", () => {
    const crowd = aCrowd(4);
    for (const visit of crowd.nextHour()) {
      const request = { user_context: visit.context, visitor_id: visit.visitor.id, history: visit.history };
      expect(PredictRequest.safeParse(request).error).toBeUndefined();
      const design = rulePolicy(visit.context);
      const log = pageLog(
        visit,
        {
          prediction_id: "p",
          receipt: "r",
          model_version: "rules",
          arm: "stable",
          css_classes: cssClasses(design.classes),
          css_variables: cssVariables(design.variables),
          prediction_confidence: design.confidence,
          propensity: 1,
          processing_time_ms: 1,
        },
        crowd.behave(visit, design.classes),
      );
      expect(LogBody.safeParse(log).error).toBeUndefined();
    }
  });
});

describe("virtual time", () => {
  it.each([
    { offset: 0, text: "2026-09-28T00:00:00.000+00:00" },
    { offset: 330, text: "2026-09-28T05:30:00.000+05:30" },
    { offset: -300, text: "2026-09-27T19:00:00.000-05:00" },
  ])("is told in an offset of $offset minutes", ({ offset, text }) => {
    expect(localIso(START, offset)).toBe(text);
  });

  it.each([
    { now: "2026-09-28T00:00:00Z", days: 0, monday: "2026-09-28T00:00:00.000Z" },
    { now: "2026-09-27T23:59:59Z", days: 0, monday: "2026-09-21T00:00:00.000Z" },
    { now: "2026-11-27T12:00:00Z", days: 60, monday: "2026-09-28T00:00:00.000Z" },
    { now: "2026-11-26T12:00:00Z", days: 60, monday: "2026-09-21T00:00:00.000Z" },
  ])("starts on the Monday at or before $days days before $now", ({ now, days, monday }) => {
    expect(new Date(mondayBefore(Date.parse(now), days)).toISOString()).toBe(monday);
  });
});
