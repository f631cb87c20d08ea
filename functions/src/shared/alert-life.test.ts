import { describe, expect, it } from "vitest";
import { Lifecycle } from "../config.ts";
import { type AlertContent, fallenQuiet, isQuiet, opened, reminded, repeated, resolved, seen } from "./alert-life.ts";
import { Alert, type AlertDelivery, type Severity } from "./schema.ts";
import { iso } from "./time.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const T0 = Date.UTC(2026, 10, 26, 5);
const { alerts: policy } = Lifecycle.parse({});

const content = (severity: Severity = "medium"): AlertContent => ({
  severity,
  kind: "deployment_hold",
  subject: "deployments/d",
  message: "it holds",
  to_do: "Look.",
  details: {},
});
const first = (severity?: Severity) => opened("deployment_hold.1", content(severity), occasion("1", T0)).alert;
const occasion = (cause: string, nowMs: number) => ({ cause, policy, nowMs });

describe("an alert", () => {
  it("is told of at once when it is new, and is what its schema says", () => {
    const { alert, delivery } = opened("deployment_hold.1", content(), occasion("1", T0));
    expect(Alert.parse(alert)).toEqual(alert);
    expect(alert).toMatchObject({ status: "open", count: 1, notices: 1, at: iso(T0), remind_at: null });
    expect(delivery).toMatchObject({ id: "deployment_hold.1.1", n: 1, notice: "new", next_attempt_at: iso(T0) });
  });

  it.each<[string, Severity, { cause: string; afterMs: number; severity: Severity }, AlertDelivery["notice"] | null]>([
    ["one minute later", "medium", { cause: "2", afterMs: MINUTE, severity: "medium" }, null],
    ["just within the cool-down", "medium", { cause: "2", afterMs: 30 * MINUTE - 1, severity: "medium" }, null],
    ["after the cool-down", "medium", { cause: "2", afterMs: 30 * MINUTE, severity: "medium" }, "repeated"],
    ["worse, within it", "medium", { cause: "2", afterMs: MINUTE, severity: "high" }, "escalated"],
    ["less bad, within it", "high", { cause: "2", afterMs: MINUTE, severity: "low" }, null],
    ["less bad, after it", "high", { cause: "2", afterMs: 30 * MINUTE, severity: "low" }, "repeated"],
  ])(
    "that is raised again is counted, and told of as it must be: %s",
    (_, was, { cause, afterMs, severity }, notice) => {
      const change = repeated(first(was), content(severity), occasion(cause, T0 + afterMs));
      expect(change?.alert.count).toBe(2);
      expect(change?.alert.at).toBe(iso(T0));
      expect(change?.delivery?.notice ?? null).toBe(notice);
      // The worst that it ever was.
      expect(change?.alert.severity).toBe(was === "high" || severity === "high" ? "high" : "medium");
    },
  );

  it("that the same cause raises again is not counted, nor when another has come between", () => {
    expect(repeated(first(), content(), occasion("1", T0 + HOUR))).toBeUndefined();
    const second = repeated(first(), content(), occasion("2", T0 + HOUR))?.alert as Alert;
    expect(repeated(second, content(), occasion("1", T0 + 2 * HOUR))).toBeUndefined();
  });

  it("that somebody has seen is told of only if it gets worse", () => {
    const known = seen(first(), "uid", T0 + MINUTE);
    expect(repeated(known, content(), occasion("2", T0 + 2 * HOUR))?.delivery).toBeNull();
    const worse = repeated(known, content("high"), occasion("2", T0 + 2 * HOUR));
    expect(worse).toMatchObject({ alert: { seen: null }, delivery: { notice: "escalated" } });
  });

  it("that is high is reminded of after 1, 2, 4 and 8 hours more, then no more", () => {
    let alert = first("high");
    const after: number[] = [];
    for (let i = 0; i < 10 && alert.remind_at !== null; i++) {
      const dueMs = Date.parse(alert.remind_at);
      expect(reminded(alert, policy, dueMs - 1)).toBeUndefined();
      const change = reminded(alert, policy, dueMs);
      expect(change?.delivery).toMatchObject({ notice: "reminder", n: alert.notices + 1 });
      alert = change?.alert as Alert;
      after.push((dueMs - T0) / HOUR);
    }
    expect(after).toEqual([1, 3, 7, 15]);
    expect(first("medium").remind_at).toBeNull();
    expect(seen(first("high"), "uid", T0).remind_at).toBeNull();
  });

  it("that is settled says so once, and asks for nothing", () => {
    const { alert, delivery } = resolved(first("high"), "it goes on", T0 + HOUR);
    expect(alert).toMatchObject({ status: "resolved", resolution: "it goes on", remind_at: null });
    expect(delivery).toMatchObject({ notice: "resolved", tells: { status: "resolved", to_do: "Nothing." } });
    expect(reminded(alert, policy, T0 + 100 * HOUR)).toBeUndefined();
  });

  it("that was not raised for a day is over, and what comes then is another one", () => {
    expect(isQuiet(first(), policy, T0 + 24 * HOUR - 1)).toBe(false);
    expect(isQuiet(first(), policy, T0 + 24 * HOUR)).toBe(true);
    expect(fallenQuiet(first(), policy, T0 + 24 * HOUR)).toMatchObject({ status: "resolved" });
  });
});
