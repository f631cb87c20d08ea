import { describe, expect, it } from "vitest";
import { someDay, someReference, someVisitor } from "../../../test/some-visitors.ts";
import { Lifecycle } from "../config.ts";
import { comparison, judgeDay } from "./judge-day.ts";
import type { Visitor } from "./visitors.ts";

const policy = Lifecycle.parse({}).triggers;
const compared = comparison(
  someReference(600, (i) =>
    someVisitor({
      language: i % 200 === 0 ? "ja" : i % 50 === 1 ? "fr" : "es",
      features: { estimated_network_speed: 2 },
    }),
  ),
  "",
  policy,
);
const judged = (count: number, make: (i: number) => Visitor) => judgeDay(someDay(count, make), compared, policy);

describe("a day of the rules", () => {
  it("compares nothing and says why, but still knows the rest", () => {
    const nothing = comparison(null, "the rules are in service", policy);
    const day = judgeDay(
      someDay(1000, () => someVisitor({ answered: null })),
      nothing,
      policy,
    );
    for (const finding of [...day.features, ...day.groups, day.segments]) {
      expect(finding).toMatchObject({
        status: "insufficient_data",
        reason: "the rules are in service",
        visitors: 1000,
      });
    }
    expect(day.accuracy[0]).toMatchObject({ status: "measured", accuracy: 1 });
  });
});

describe("accuracy", () => {
  // One-sided 95 %: statsmodels.stats.proportion.proportion_confint(k, n, alpha=0.1, method="wilson")[1].
  it.each([
    { name: "67 of 100", count: 100, right: 67, upper: 0.74197, isBeyond: true },
    { name: "68 of 100", count: 100, right: 68, upper: 0.75112, isBeyond: false },
    { name: "69 of 100", count: 100, right: 69, upper: 0.76023, isBeyond: false },
    { name: "727 of 1000", count: 1000, right: 727, upper: 0.74954, isBeyond: true },
    { name: "728 of 1000", count: 1000, right: 728, upper: 0.75051, isBeyond: false },
  ])("of $name", ({ count, right, upper, isBeyond }) => {
    const { accuracy } = judged(count, (i) => someVisitor({ right: { density: i < right, font: true, theme: true } }));
    expect(accuracy[0]).toMatchObject({ group: "density", visitors: count, accuracy: right / count, isBeyond });
    expect(accuracy[0]?.status === "measured" && accuracy[0].upper).toBeCloseTo(upper, 5);
    expect(accuracy[1]).toMatchObject({ group: "font", accuracy: 1, isBeyond: false });
  });

  it("counts the visitors whose target is known", () => {
    const { accuracy } = judged(1000, (i) =>
      someVisitor({ right: { density: i < 99 ? false : null, font: null, theme: true } }),
    );
    expect(accuracy).toMatchObject([
      { visitors: 99, status: "insufficient_data", reason: "99 visitors with a known target, 100 are needed" },
      { visitors: 0, status: "insufficient_data" },
      { visitors: 1000, status: "measured" },
    ]);
  });
});

describe("answers", () => {
  const answering = (share: number) => (i: number) =>
    someVisitor({ answered: { density: i % 100 < share ? 2 : 1, font: 0, theme: 0 } });

  it.each([
    // n = 1000, m about 2000: 0.15 + sqrt(ln(100) / 2 (1/n + 1/m)) is 0.21.
    { share: 15, isBeyond: false, moved: [] },
    { share: 25, isBeyond: true, moved: ["densidad-media 100 % -> 75 %", "densidad-alta 0 % -> 25 %"] },
  ])("of which $share % changed", ({ share, isBeyond, moved }) => {
    const { groups } = judged(1000, answering(share));
    expect(groups[0]).toMatchObject({ group: "density", visitors: 1000, isBeyond });
    expect(groups[0]?.status === "measured" && [...groups[0].moved].sort()).toEqual([...moved].sort());
    expect(groups[1]).toMatchObject({ group: "font", distance: 0, isBeyond: false });
  });

  it("are those of the visitors that the version could answer", () => {
    const half = (i: number) => (i % 2 === 0 ? someVisitor({ answered: null }) : answering(25)(i));
    expect(judged(1000, half).groups[0]).toMatchObject({ visitors: 500, status: "measured" });
  });

  it("are not compared with too few, nor where the version answered nobody", () => {
    expect(judged(399, answering(90)).groups[0]).toMatchObject({ status: "insufficient_data", visitors: 399 });
    expect(judged(1000, () => someVisitor({ answered: null })).groups[0]).toMatchObject({
      status: "insufficient_data",
      visitors: 0,
    });
  });
});

describe("segments", () => {
  const speaking = (count: number, language: string) => (i: number) =>
    someVisitor({ language: i < count ? language : "es" });
  const named = (name: string, day: ReturnType<typeof judged>) =>
    day.segments.status === "measured" ? day.segments.segments.find((segment) => segment.name === name) : undefined;

  it.each([
    // statsmodels' wilson at alpha = 0.002, n = 1000: 75 have the lower bound 0.0529, 71 have 0.0496.
    { name: "7.5 % in a language that nobody had", count: 75, language: "de", isNew: true },
    { name: "7.1 % of it", count: 71, language: "de", isNew: false },
    { name: "7.5 % in one that half a per cent had", count: 75, language: "ja", isNew: true },
    { name: "7.5 % in one that 2 % had", count: 75, language: "fr", isNew: false },
    { name: "7.5 % that do not tell", count: 75, language: "", isNew: true },
  ])("with $name", ({ count, language, isNew }) => {
    const segment = named(
      language === "" ? "language not told" : `language ${language}`,
      judged(1000, speaking(count, language)),
    );
    expect(segment).toMatchObject({ visitors: count, share: count / 1000, isNew });
    expect(segment?.referenceShare).toBeCloseTo(language === "ja" ? 0.005 : language === "fr" ? 0.02 : 0, 6);
  });

  it.each([
    { name: "mobile", features: { is_mobile: 1 } },
    { name: "tablet", features: { is_tablet: 1 } },
    { name: "slow network", features: { estimated_network_speed: 0 } },
    { name: "network not told", features: { estimated_network_speed: Number.NaN } },
  ])("find visitors of $name", ({ name, features }) => {
    const day = judged(1000, (i) => someVisitor({ features: i < 100 ? features : { estimated_network_speed: 2 } }));
    expect(named(name, day)).toMatchObject({ share: 0.1, referenceShare: 0, isNew: true });
  });

  it("find behaviour among those who have a history", () => {
    const active = (group: number, from: number) => (i: number) =>
      someVisitor({
        features: i < from ? {} : { user_density_group: i % 10 === 0 ? 2 : group, days_since_first_visit: 3 },
      });
    const old = comparison(
      someReference(600, (i) => someVisitor({ features: { user_density_group: i % 2 } })),
      "",
      policy,
    );
    const day = judgeDay(someDay(1000, active(1, 500)), old, policy);
    expect(named("high activity", day)).toMatchObject({ visitors: 50, share: 0.1, referenceShare: 0, isNew: true });
    const few = judgeDay(someDay(1000, active(1, 700)), old, policy);
    expect(named("high activity", few)).toBeUndefined();
  });

  it("are nothing of which there are too few visitors", () => {
    expect(judged(399, speaking(100, "de")).segments).toMatchObject({ status: "insufficient_data", visitors: 399 });
  });
});
