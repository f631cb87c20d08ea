import { describe, expect, it } from "vitest";
import { addVisit, noVisits, random } from "../../../test/simulated-site.ts";
import { Lifecycle } from "../config.ts";
import type { ServingWindow } from "../serve/schema.ts";
import { BUCKETS } from "../shared/visitor-buckets.ts";
import { loggedFindings, servedOf, servingFindings, silenceFinding } from "./compare-health.ts";

const POLICY = Lifecycle.parse({}).monitoring;

interface Site {
  visits: number;
  engaged?: number;
  errors?: number;
}

/** Visits of visitors who come 2.4 times on average, and of whom each has an inclination of their own. */
function logged({ visits, engaged = 0.2, errors = 0.002 }: Site, next: () => number): Float64Array {
  const sums = noVisits();
  for (let done = 0; done < visits; ) {
    const bucket = Math.floor(next() * BUCKETS);
    const inclination = 0.5 + next();
    for (let more = 1 + Math.floor(next() * 3.8); more > 0 && done < visits; more--, done++) {
      addVisit(sums, bucket, { engaged: engaged * inclination, errors, next });
    }
  }
  return sums;
}

function serving(of: { predictions: number; fallbacks?: number; bins?: number[] }): ServingWindow {
  const { predictions, fallbacks = 0, bins = [9, 10] } = of;
  const latency = Object.fromEntries(bins.map((bin) => [String(bin), predictions / bins.length]));
  const named = {
    schema_version: 1,
    start: "2026-03-02T10:00:00.000Z",
    assigned_version: "rules",
    arm: "stable",
  } as const;
  return { ...named, predictions, fallbacks, stale: 0, latency };
}

describe("what logs say", () => {
  const day = (own: Omit<Site, "visits">, holdback: Omit<Site, "visits">, holdbackVisits = 4000) => {
    const next = random(7);
    return loggedFindings(
      {
        now: logged({ visits: 12_000, ...own }, next),
        before: logged({ visits: 48_000 }, next),
        holdbackNow: logged({ visits: holdbackVisits, ...holdback }, next),
        holdbackBefore: logged({ visits: 4 * holdbackVisits }, next),
      },
      "24h",
      POLICY,
    ).map(({ metric, whose }) => `${metric}: ${whose}`);
  };

  it.each<[string, string[], string[]]>([
    ["nothing of a quiet day", day({}, {}), []],
    ["the version's, where it alone falls", day({ engaged: 0.08 }, {}), ["engagement: model"]],
    ["the site's, where the holdback falls too", day({ engaged: 0.08 }, { engaged: 0.08 }), ["engagement: site"]],
    ["unclear, where hardly anybody is in the holdback", day({ engaged: 0.08 }, {}, 20), ["engagement: unclear"]],
    ["errors of the version", day({ errors: 0.04 }, {}), ["errors: model"]],
    ["errors of the site", day({ errors: 0.04 }, { errors: 0.05 }), ["errors: site"]],
    ["nothing of errors below the threshold", day({ errors: 0.018 }, {}), []],
  ])("is %s", (_what, found, expected) => {
    expect(found).toEqual(expected);
  });
});

describe("what instances say", () => {
  const quiet = servedOf([serving({ predictions: 500 })]);
  const few = servedOf([serving({ predictions: 40 })]);
  const slow = [12, 13];
  it.each<[string, ServingWindow, ServingWindow | null, string[]]>([
    ["nothing of a quiet hour", serving({ predictions: 500 }), null, []],
    ["answers by others", serving({ predictions: 500, fallbacks: 40 }), null, ["fallbacks: model"]],
    ["nothing of as many as may be", serving({ predictions: 500, fallbacks: 12 }), null, []],
    ["nothing of 399 answers", serving({ predictions: 399, fallbacks: 399 }), null, []],
    ["slow answers of the version", serving({ predictions: 500, bins: slow }), null, ["latency: model"]],
    [
      "slow answers to everybody",
      serving({ predictions: 500, bins: slow }),
      serving({ predictions: 40, bins: slow }),
      ["latency: site"],
    ],
  ])("tells %s", (_what, own, holdback, expected) => {
    const compared = { now: servedOf([own]), before: quiet, holdbackBefore: few };
    const holdbackNow = holdback === null ? few : servedOf([holdback]);
    const found = servingFindings({ ...compared, holdbackNow }, { span: "1h", latest: compared.now, policy: POLICY });
    expect(found.map(({ metric, whose }) => `${metric}: ${whose}`)).toEqual(expected);
  });

  it("tells of answers by others in the hour that they are over, when the last minutes have none", () => {
    const hour = servedOf([serving({ predictions: 500, fallbacks: 40 })]);
    const compared = { now: hour, before: quiet, holdbackNow: few, holdbackBefore: few };
    const at = (fallbacks: number) => {
      const latest = servedOf([serving({ predictions: 50, fallbacks })]);
      return servingFindings(compared, { span: "1h", latest, policy: POLICY });
    };
    expect(at(2)).toMatchObject([{ metric: "fallbacks", severity: "high" }]);
    expect(at(1)).toMatchObject([{ severity: "medium", reason: expect.stringMatching(/; it is over$/) }]);
  });
});

describe("an hour without a log", () => {
  it.each<[string, { answered?: number; logged?: number; holdbackLogged?: number }, string[]]>([
    ["is the version's when the holdback's logs come", {}, ["model"]],
    ["is unclear with a handful of them", { holdbackLogged: 4 }, ["unclear"]],
    ["is nobody's when none of those come either: an outage", { holdbackLogged: 0 }, []],
    ["is not one with a log", { logged: 1 }, []],
    ["says nothing of 49 answers", { answered: 49 }, []],
  ])("%s", (_what, of, expected) => {
    const found = silenceFinding({ answered: 50, logged: 0, holdbackLogged: 5, ...of });
    expect(found.map(({ whose }) => whose)).toEqual(expected);
  });
});
