import { describe, expect, it } from "vitest";
import { Lifecycle } from "../config.ts";
import { attempted, backoffMs, claimed, LEASE_MS, turnOf } from "./alert-delivery.ts";
import { opened, resolved } from "./alert-life.ts";
import type { AlertDelivery } from "./schema.ts";
import { iso } from "./time.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const T0 = Date.UTC(2026, 10, 26, 5);
const { alerts: policy } = Lifecycle.parse({});
const texts = { severity: "high", kind: "k", subject: "s", message: "m", to_do: "t", details: {} } as const;
const born = opened("k.1", texts, { cause: "1", policy, nowMs: T0 });
const first = born.delivery as AlertDelivery;
const last = resolved(born.alert, "over", T0).delivery as AlertDelivery;
const delivered: AlertDelivery = { ...first, state: "delivered", next_attempt_at: null };

describe("a delivery's turn", () => {
  it.each<[string, AlertDelivery, AlertDelivery | undefined, number, string]>([
    ["the first one, at once", first, undefined, T0, "send"],
    ["before it is due", first, undefined, T0 - 1, "taken"],
    ["while somebody sends it", claimed(first, "a", T0), undefined, T0 + LEASE_MS - 1, "taken"],
    ["when nothing was heard of who sends it", claimed(first, "a", T0), undefined, T0 + LEASE_MS, "send"],
    ["delivered", delivered, undefined, T0 + HOUR, "taken"],
    ["while the one before it is on its way", last, first, T0, "wait"],
    ["after the one before it", last, delivered, T0, "send"],
    [
      "after one that was given up, of something to do",
      { ...last, notice: "repeated" },
      { ...first, state: "given_up" },
      T0,
      "send",
    ],
    ["over, though nobody ever heard of it", last, { ...first, state: "given_up" }, T0, "unsent"],
    ["over, where an earlier one was heard", last, { ...first, state: "given_up", heard_before: true }, T0, "send"],
  ])("%s", (_, delivery, previous, nowMs, kind) => {
    expect(turnOf(delivery, previous, nowMs).kind).toBe(kind);
  });
});

describe("an attempt", () => {
  it.each<[number, number]>([
    [1, 1],
    [2, 2],
    [3, 4],
    [7, 64],
    [8, 120],
    [50, 120],
  ])("number %i that fails is followed by another after %i minutes", (attempts, minutes) => {
    expect(backoffMs(attempts)).toBe(minutes * MINUTE);
  });

  it.each<[string, { status: number } | { error: string }, AlertDelivery["state"], string | null]>([
    ["200", { status: 200 }, "delivered", null],
    ["204", { status: 204 }, "delivered", null],
    ["a redirect", { status: 301 }, "waiting", "it answered 301"],
    ["500", { status: 500 }, "waiting", "it answered 500"],
    ["none", { error: "no answer within 10 s" }, "waiting", "no answer within 10 s"],
  ])("that is answered with %s leaves the delivery so", (_, attempt, state, error) => {
    const after = attempted(claimed(first, "a", T0), attempt, policy, T0);
    expect(after).toMatchObject({ state, attempts: 1, last_error: error, lease: null });
    expect(after.next_attempt_at).toBe(state === "delivered" ? null : iso(T0 + MINUTE));
  });

  it("that fails for a day is the last: 18 of them", () => {
    let delivery = first;
    let nowMs = T0;
    while (delivery.next_attempt_at !== null) {
      nowMs = Date.parse(delivery.next_attempt_at);
      delivery = attempted(claimed(delivery, "a", nowMs), { status: 500 }, policy, nowMs);
    }
    expect(delivery).toMatchObject({ state: "given_up", attempts: 18 });
    expect(nowMs - T0).toBeLessThanOrEqual(24 * HOUR);
  });
});
