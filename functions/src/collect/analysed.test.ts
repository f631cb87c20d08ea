import { serialize } from "node:v8";
import { expect, it } from "vitest";
import { someLog } from "../../../test/some-log.ts";
import { foldInto } from "./fold.ts";

const HOUR = "rules.control.1h.2026-09-28T05:00Z.0";

it("analyses the hours of arms that are compared, and nothing else", () => {
  const arms = ["stable", "holdback", "control", "treatment", "exp.a.b"] as const;
  const windows = [
    ...foldInto(
      new Map(),
      arms.map((arm) => someLog({ arm })),
    ).values(),
  ];
  const analysed = windows.filter(({ by_revision: revisions }) => revisions["0"]?.analysed !== undefined);
  expect(analysed.map(({ granularity, arm }) => `${granularity} ${arm}`)).toEqual([
    "1h control",
    "1h treatment",
    "1h exp.a.b",
  ]);
});

it("leaves a revision as an earlier release has begun it", () => {
  const log = someLog({ arm: "control" });
  const before = foldInto(new Map(), [log]).get(HOUR);
  const { visits = 0, units } = before?.by_revision["0"] ?? {};
  if (before === undefined || units === undefined) throw new Error("no window");
  const begun = new Map([[HOUR, { ...before, by_revision: { "0": { visits, units } } }]]);
  const after = foldInto(begun, [log, someLog({ arm: "control", routing_revision: 1 })]).get(HOUR)?.by_revision;
  expect(after?.["0"]).toEqual({ visits: 2, units });
  expect(after?.["1"]?.analysed).toBeDefined();
});

it("keeps a window small: eight revisions, three of them analysed, however many visitors come", () => {
  const logs = Array.from({ length: 9 * 1500 }, (_, i) =>
    someLog({
      arm: "control",
      unit: `u${i}`,
      routing_revision: i % 9,
      predict_outcome: "error",
      user_satisfaction: 1,
    }),
  );
  const window = foldInto(new Map(), logs).get(HOUR);
  const revisions = Object.values(window?.by_revision ?? {});
  expect(revisions).toHaveLength(8);
  expect(revisions.filter(({ analysed }) => analysed !== undefined)).toHaveLength(3);
  // As base64 is text and bytes are bytes: what window.ts says, but for names of fields.
  expect(serialize(revisions).length / 1024).toBeLessThan(8 * 5.4 + 3 * 31.9 + 1);
});
