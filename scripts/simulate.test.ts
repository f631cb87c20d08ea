import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

/** Runs the command as npm does; what it printed, and its exit status. */
function simulate(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(import.meta.dirname, "simulate.ts"), ...args], (error, out, err) => {
      resolve({ status: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

const SMALL = ["triggers", "--runs", "2", "--visits-per-hour", "50", "--reference-days", "7"];

describe("the simulation of triggers", () => {
  it("finds a change in two days, and nothing before, the same way every time", async () => {
    const args = [...SMALL, "--days", "7", "--seed", "7", "--shift", "touch_enabled=0.5@4"];
    const [first, again] = await Promise.all([simulate(...args), simulate(...args, "--verbose")]);
    expect(first).toMatchObject({ status: 0, err: "" });
    const last = again.out.trimEnd().split("\n").at(-1);
    expect(`${last}\n`).toBe(first.out);
    expect(JSON.parse(first.out)).toEqual({
      runs: 2,
      decisions: 336,
      runs_with_false_firing: 0,
      detected: 1,
      days_to_detection: { p50: expect.closeTo(1.8, 0), p95: expect.closeTo(1.8, 0) },
    });
  });

  it("finds a bad version as soon as a training is 72 hours old, with the policy that it is told", async () => {
    const bad = await simulate(...SMALL, "--days", "4", "--accuracy", "0.7");
    expect(JSON.parse(bad.out)).toMatchObject({
      detected: 1,
      days_to_detection: { p50: 3 },
      runs_with_false_firing: 0,
    });
    const lax = await simulate(
      "triggers",
      "--runs",
      "1",
      "--days",
      "1",
      "--accuracy",
      "0.7",
      "--set",
      "accuracy.threshold=0.5",
    );
    expect(JSON.parse(lax.out)).toMatchObject({ detected: null, runs_with_false_firing: 0 });
  });

  it.each([
    { name: "a feature of the clock", args: ["--shift", "hour_of_day=1@2"], message: /feature, PSI and day/ },
    {
      name: "a change that cannot be",
      args: ["--days", "1", "--shift", "touch_enabled=99@2"],
      message: /no change of touch_enabled has a PSI of 99/,
    },
    { name: "an accuracy above 1", args: ["--accuracy", "1.1"], message: /from 0 to 1/ },
    { name: "a slip in the policy", args: ["--set", "accuracy.treshold=0.5"], message: /treshold/ },
    { name: "half a run", args: ["--runs", "0.5"], message: /whole number/ },
  ])("refuses $name in one line", async ({ args, message }) => {
    const { status, out, err } = await simulate(...SMALL, ...args);
    expect([status, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
  });
});

describe("the simulation of retraining", () => {
  const accepted = async (delta: string): Promise<number> => {
    const { status, out, err } = await simulate(
      "retraining",
      "--accuracy-delta",
      delta,
      "--runs",
      "100",
      "--seed",
      "1",
    );
    expect({ status, err }).toEqual({ status: 0, err: "" });
    const last = JSON.parse(out) as { runs: number; accepted: number; not_enough_data: number };
    expect(last).toEqual({ runs: 100, accepted: expect.any(Number), not_enough_data: 0 });
    return last.accepted;
  };

  it("accepts what is 3 points better at 2000 sessions, and hardly ever what is equal or worse", async () => {
    // docs/retraining.md has 1000 runs of each.
    expect(await accepted("0.03")).toBeGreaterThanOrEqual(0.88);
    expect(await accepted("0")).toBeLessThanOrEqual(0.05);
    expect(await accepted("-0.03")).toBe(0);
  });

  it("says where there are too few sessions to judge on", async () => {
    const { out } = await simulate("retraining", "--holdout-sessions", "19", "--runs", "3");
    expect(JSON.parse(out)).toEqual({ runs: 3, accepted: 0, not_enough_data: 1 });
  });

  it.each([
    { name: "a difference that cannot be", args: ["--accuracy-delta", "0.2"], message: /cannot differ by 0.2/ },
    { name: "four groups", args: ["--accuracy-delta", "0,0,0,0"], message: /one to three numbers/ },
    { name: "no number", args: ["--accuracy-delta", "0.03,"], message: /one to three numbers/ },
  ])("refuses $name in one line", async ({ args, message }) => {
    const { status, out, err } = await simulate("retraining", ...args);
    expect([status, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
  });
});

describe("the simulation of experiments", () => {
  const last = async (...args: string[]) => {
    const { status, out, err } = await simulate("experiment", "--seed", "1", ...args);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    return JSON.parse(out.trimEnd().split("\n").at(-1) ?? "") as { runs: number; significant: number; invalid: number };
  };

  it("finds hardly ever what is not there over 20 looks, and a large difference always", async () => {
    // docs/experiments.md has 2000 runs.
    const small = ["--visitors-per-hour", "300", "--hours", "24", "--runs", "10", "--looks", "20"];
    const none = await last(...small);
    expect(none).toEqual({ runs: 10, significant: expect.any(Number), invalid: 0 });
    expect(none.significant).toBeLessThanOrEqual(0.1);
    expect(await last(...small, "--engagement-delta", "0.15")).toEqual({ runs: 10, significant: 1, invalid: 0 });
  });

  it("looks once at the horizon where nothing else is said", async () => {
    const args = ["--visitors-per-hour", "300", "--hours", "24", "--runs", "5", "--engagement-delta", "0.15"];
    expect((await last(...args)).significant).toBe(1);
  });

  it("refuses a share that leaves no control", async () => {
    const { status, err } = await simulate("experiment", "--treatment-share", "1");
    expect(status).toBe(2);
    expect(err).toMatch(/between 0 and 1/);
  });
});
