import { describe, expect, it } from "vitest";
import { RollingDay, random, simulateHours, siteEngagement } from "../../../test/simulated-site.ts";
import { Lifecycle } from "../config.ts";
import { loggedFindings } from "./compare-health.ts";

const { monitoring: POLICY } = Lifecycle.parse({});
/** docs/monitoring.md tells of HEALTH_RUNS=100; a few are quick enough for every run. */
const RUNS = Number(process.env["HEALTH_RUNS"] ?? "0");
const WEEKS = 5;
const HOURS = WEEKS * 168;
const WATCHED = 4 * 168 + 24;
/** Hours after the last of a day of logs in which they are looked at: logs are mature and folded within 90 minutes, and looks come by the hour. */
const LATE = 2;

interface Fall {
  /** Share of engaged visits that is lost, 0-1. */
  drop: number;
  whose: "model" | "site";
  /** Hour of the fifth week. */
  hour: number;
}

/** A week of hourly looks after four that nobody has watched: how many found something, and hours until a rollback. */
function watch(visits: number, fall: Fall | null, next: () => number) {
  const usual = siteEngagement(WEEKS * 7, next);
  const fallen = (hour: number) => usual(hour) - (fall !== null && hour >= 4 * 168 + fall.hour ? fall.drop : 0);
  const own = { visits: 0.98 * visits, hours: HOURS, engaged: fallen };
  const holdback = { visits: 0.02 * visits, hours: HOURS, engaged: fall?.whose === "site" ? fallen : usual };
  const [mine, theirs] = [own, holdback].map((arm) => new RollingDay(simulateHours(arm, next), WATCHED));
  if (mine === undefined || theirs === undefined) throw new Error("there are two arms");
  let [looks, told] = [0, 0];
  for (let hour = WATCHED; hour <= HOURS; hour++) {
    const compared = { now: mine.now, before: mine.before, holdbackNow: theirs.now, holdbackBefore: theirs.before };
    const found = loggedFindings(compared, "24h", POLICY);
    looks++;
    told += Number(found.length > 0);
    if (found.some(({ severity, whose }) => severity === "high" && whose === "model")) {
      return { looks, told, rolledBack: hour - 4 * 168 - (fall?.hour ?? 0) + LATE };
    }
    mine.advance();
    theirs.advance();
  }
  return { looks, told, rolledBack: null };
}

/** So many weeks; the falls begin at any hour of the second day. */
function weeks(runs: number, visits: number, fall: Omit<Fall, "hour"> | null) {
  const next = random(visits);
  const all = Array.from({ length: runs }, () =>
    watch(visits, fall === null ? null : { ...fall, hour: 24 + Math.floor(24 * next()) }, next),
  );
  const hours = all.flatMap(({ rolledBack }) => rolledBack ?? []).sort((a, b) => a - b);
  const sum = (of: (week: (typeof all)[number]) => number) => all.reduce((total, week) => total + of(week), 0);
  const at = (share: number) => hours[Math.ceil(share * hours.length) - 1];
  return {
    runs,
    looks: sum(({ looks }) => looks),
    told: sum(({ told }) => told),
    toldRuns: sum(({ told }) => Number(told > 0)),
    rolledBack: hours.length,
    hours: { p50: at(0.5), p95: at(0.95), max: hours.at(-1) },
  };
}

describe("weeks of hourly looks at overlapping days", () => {
  it("find nothing where nothing is", { timeout: 600_000 }, () => {
    const found = weeks(RUNS || 3, 500, null);
    if (RUNS > 0) console.info("quiet", 500, found, "quiet", 2000, weeks(RUNS, 2000, null));
    expect(found.looks).toBe(145 * found.runs);
    expect(found).toMatchObject({ told: 0, rolledBack: 0 });
  });

  it.each([
    { visits: 500, runs: 1 },
    { visits: 2000, runs: 1 },
  ])("never blame the version for 10 points that all lose, of $visits an hour", { timeout: 600_000 }, (of) => {
    const found = weeks(RUNS || of.runs, of.visits, { drop: 0.1, whose: "site" });
    if (RUNS > 0) console.info("site", of.visits, found);
    expect(found.toldRuns).toBe(found.runs);
    // One week of 100 in a long run: docs/monitoring.md.
    expect(found.rolledBack).toBeLessThanOrEqual(found.runs / 100);
  });

  it("return from a version that alone loses 10 points", { timeout: 600_000 }, () => {
    const found = weeks(RUNS || 1, 2000, { drop: 0.1, whose: "model" });
    if (RUNS > 0) {
      console.info("model", 2000, found, "model", 500, weeks(RUNS, 500, { drop: 0.1, whose: "model" }));
    }
    expect(found.rolledBack).toBe(found.runs);
    expect(found.hours.max).toBeLessThan(48);
  });
});
