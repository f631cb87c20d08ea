import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binomialPmf } from "./distributions.ts";
import { logEvidenceOfFew, logEvidenceOfMore } from "./event-ratio.ts";

describe("evidence of more events", () => {
  // scipy 1.17.1, strata of (control c, treatment t, share p): logsumexp([sum(stats.binom.logpmf(t, t + c, r * p / (r * p + 1 - p)) -
  // stats.binom.logpmf(t, t + c, p) for c, t, p in strata) for r in (1.5, 2.5, 4, 8, 16)]) - log(5)
  it.each([
    { name: "3 against 12", strata: [{ control: 3, treatment: 12, share: 0.5 }], expected: 2.306957897840408 },
    {
      name: "20 against 5 in an eleventh",
      strata: [{ control: 20, treatment: 5, share: 1 / 11 }],
      expected: 0.5999437584465699,
    },
    {
      name: "none against 9 in an eleventh",
      strata: [{ control: 0, treatment: 9, share: 1 / 11 }],
      expected: 15.655120516813376,
    },
    {
      name: "three stages",
      strata: [
        { control: 10, treatment: 2, share: 1 / 11 },
        { control: 8, treatment: 6, share: 1 / 6 },
        { control: 5, treatment: 9, share: 0.5 },
      ],
      expected: 2.0534324047279666,
    },
    {
      name: "so many that their likelihood underflows",
      strata: [{ control: 400, treatment: 900, share: 0.5 }],
      expected: 95.55169645845665,
    },
    { name: "no event", strata: [{ control: 0, treatment: 0, share: 0.5 }], expected: 0 },
    { name: "no stratum", strata: [], expected: 0 },
  ])("of $name is $expected", ({ strata, expected }) => {
    expect(logEvidenceOfMore(strata)).toBeCloseTo(expected, 9);
  });

  it("is a factor of 1 on average where rates are equal: Ville's inequality does the rest", () => {
    // All outcomes of 30 events, by their probability; any fewer is the same martingale at an earlier time.
    for (const share of [1 / 11, 1 / 6, 0.5]) {
      for (const events of [1, 7, 30]) {
        const mean = Array.from({ length: events + 1 }, (_, treatment) => {
          const evidence = logEvidenceOfMore([{ control: events - treatment, treatment, share }]);
          return binomialPmf(treatment, events, share) * Math.exp(evidence);
        }).reduce((sum, part) => sum + part, 0);
        expect(mean).toBeCloseTo(1, 9);
      }
    }
  });

  it("grows with each event of the treatment, falls with each of the control, and never turns to NaN", () => {
    const counts = fc.record({
      control: fc.nat(100_000),
      treatment: fc.nat(100_000),
      share: fc.double({ min: 0.001, max: 0.999, noNaN: true }),
    });
    fc.assert(
      fc.property(counts, (of) => {
        const evidence = logEvidenceOfMore([of]);
        expect(evidence).toBeLessThan(logEvidenceOfMore([{ ...of, treatment: of.treatment + 1 }]));
        expect(evidence).toBeGreaterThan(logEvidenceOfMore([{ ...of, control: of.control + 1 }]));
      }),
    );
  });

  it.each([
    ["a negative count", { control: -1, treatment: 1, share: 0.5 }],
    ["NaN", { control: 1, treatment: Number.NaN, share: 0.5 }],
    ["a share of all", { control: 1, treatment: 1, share: 1 }],
  ])("refuses %s", (_, counts) => {
    expect(() => logEvidenceOfMore([counts])).toThrow(RangeError);
  });
});

describe("evidence of few events", () => {
  // scipy 1.17.1: logsumexp([stats.binom.logpmf(events, units, r) - stats.binom.logpmf(events, units, 0.02) for r in (.001, .003, .006,
  // .01)]) - log(4)
  it.each([
    { events: 0, units: 100, expected: 1.5736435124853514 },
    { events: 0, units: 300, expected: 4.982129806095804 },
    { events: 2, units: 600, expected: 5.889035904196266 },
    { events: 6, units: 300, expected: -2.4132789575371323 },
    { events: 40, units: 2000, expected: -9.213529896769806 },
    { events: 5, units: 100_000, expected: 1903.759731629782 },
    { events: 0, units: 0, expected: 0 },
  ])("of $events in $units is $expected", ({ expected, ...counts }) => {
    expect(logEvidenceOfFew(counts, 0.02)).toBeCloseTo(expected, 8);
  });

  it("asks for 145 visitors without an error before it is a factor of 10 against 2 %", () => {
    // Least units at which the sum above reaches log(10) = 2.302585
    expect(logEvidenceOfFew({ events: 0, units: 144 }, 0.02)).toBeLessThan(Math.log(10));
    expect(logEvidenceOfFew({ events: 0, units: 145 }, 0.02)).toBeGreaterThanOrEqual(Math.log(10));
  });

  it.each([
    { rate: 0.02, tolerated: 0.02 },
    { rate: 0.05, tolerated: 0.02 },
    { rate: 0.004, tolerated: 0.004 },
    { rate: 0.0005, tolerated: 0.0005 },
  ])("is a factor of 1 at most on average at a rate of $rate where $tolerated is tolerated", ({ rate, tolerated }) => {
    const units = 200;
    const mean = Array.from({ length: units + 1 }, (_, events) => {
      return binomialPmf(events, units, rate) * Math.exp(logEvidenceOfFew({ events, units }, tolerated));
    }).reduce((sum, part) => sum + part, 0);
    if (rate === tolerated) expect(mean).toBeCloseTo(1, 9);
    else expect(mean).toBeLessThan(1);
  });

  it.each([
    ["more events than units", { events: 2, units: 1 }, 0.02],
    ["a negative count", { events: -1, units: 1 }, 0.02],
    ["a tolerated rate of none", { events: 0, units: 1 }, 0],
    ["NaN", { events: Number.NaN, units: 1 }, 0.02],
  ])("refuses %s", (_, counts, tolerated) => {
    expect(() => logEvidenceOfFew(counts, tolerated)).toThrow(RangeError);
  });
});
