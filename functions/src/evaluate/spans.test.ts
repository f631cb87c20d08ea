import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GRANULARITIES } from "../collect/schema.ts";
import { spansSince } from "./spans.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MIDNIGHT = Date.parse("2026-09-28T00:00:00.000Z");

const inWords = (from: number, now: number): string[] =>
  spansSince(MIDNIGHT + from, MIDNIGHT + now).map(
    ({ granularity, fromMs, toMs }) =>
      `${granularity} ${(fromMs - MIDNIGHT) / MINUTE} to ${(toMs - MIDNIGHT) / MINUTE}`,
  );

describe("windows since a time", () => {
  it.each([
    {
      name: "days ago",
      from: -3 * DAY + 7 * HOUR + MINUTE,
      now: 5 * HOUR + MINUTE,
      spans: ["5m -3895 to -3840", "1h -3840 to -2880", "1d -2880 to 0", "1h 0 to 360"],
    },
    { name: "at a midnight", from: -2 * DAY, now: 0, spans: ["1d -2880 to 0", "1h 0 to 60"] },
    { name: "yesterday", from: -2 * HOUR, now: HOUR, spans: ["1h -120 to 0", "1h 0 to 120"] },
    { name: "earlier today", from: HOUR + 1, now: 5 * HOUR, spans: ["5m 65 to 120", "1h 120 to 360"] },
    { name: "within the hour", from: HOUR + 31 * MINUTE, now: HOUR + 40 * MINUTE, spans: ["5m 95 to 120"] },
    { name: "in the last minutes of the hour", from: HOUR + 56 * MINUTE, now: HOUR + 57 * MINUTE, spans: [] },
    { name: "in the future", from: DAY, now: 0, spans: [] },
  ])("$name", ({ from, now, spans }) => {
    expect(inWords(from, now)).toEqual(spans);
  });

  it("cover everything after it once, up to the end of the hour", () => {
    const ms = fc.integer({ min: 0, max: 40 * DAY });
    fc.assert(
      fc.property(ms, ms, (a, b) => {
        const [from, now] = [Math.min(a, b), Math.max(a, b)];
        const spans = spansSince(from, now);
        let end = Math.min(Math.ceil(from / (5 * MINUTE)) * 5 * MINUTE, Math.floor(now / HOUR) * HOUR + HOUR);
        for (const span of spans) {
          expect(span.fromMs).toBe(end);
          const length = GRANULARITIES[span.granularity];
          expect([span.fromMs % length, span.toMs % length]).toEqual([0, 0]);
          end = span.toMs;
        }
        expect(end).toBe(Math.floor(now / HOUR) * HOUR + HOUR);
      }),
    );
  });
});
