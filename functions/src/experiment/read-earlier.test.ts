import { describe, expect, it } from "vitest";
import { someBegin } from "../../../test/some-experiment.ts";
import { someLog } from "../../../test/some-log.ts";
import { BUCKET_SUMS, sumBuckets } from "../collect/outcomes.ts";
import { assign } from "../serve/assign.ts";
import { FIRST_ROUTING, type Routing } from "../serve/schema.ts";
import { begun } from "./apply.ts";
import { withEarlier } from "./read-earlier.ts";

const { experiment, routing: move } = begun(someBegin(), {
  routing: FIRST_ROUTING,
  nowMs: Date.parse("2026-09-28T00:00:00Z"),
});
const live: Routing = { ...FIRST_ROUTING, ...move, holdback_share: 0.1 };

function visitsOf(bytes: Uint8Array | undefined): number {
  const sums = sumBuckets(bytes === undefined ? [] : [bytes]);
  return sums.filter((_, i) => i % BUCKET_SUMS.length === 0).reduce((all, visits) => all + visits, 0);
}

describe("earlier visits", () => {
  const logs = Array.from({ length: 600 }, (_, i) => someLog({ unit: `u${i % 300}`, prediction_id: `p${i}` }));
  const expected = (name: string) => logs.filter(({ unit }) => assign(live, unit).arm === `exp.e1.${name}`).length;

  it("are those of the visitors whom each arm has, twice as many for those who came twice, in any pages", () => {
    const whole = withEarlier({}, logs, { experiment, routing: live });
    for (const name of ["control", "large"]) {
      expect(expected(name)).toBeGreaterThan(20);
      expect(visitsOf(whole[name])).toBe(expected(name));
    }
    const pages = withEarlier(withEarlier({}, logs.slice(0, 77), { experiment, routing: live }), logs.slice(77), {
      experiment,
      routing: live,
    });
    expect(pages).toEqual(whole);
  });

  it("are dealt as the experiment deals, when it is in the routing no more", () => {
    const gone = withEarlier({}, logs, { experiment, routing: { ...live, experiment: null } });
    expect(gone).toEqual(withEarlier({}, logs, { experiment, routing: live }));
  });

  it("leave out what was imported", () => {
    const imported = logs.map((log) => ({ ...log, source: "import" as const }));
    expect(withEarlier({}, imported, { experiment, routing: live })).toEqual({});
  });
});
