import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { apply, decideClaim, isFinal, isStuck, type JobEvent, overdue } from "./job.ts";
import { queuedJob } from "./new-job.ts";
import { JobStage, RetrainingJob } from "./schema.ts";

const NOW = Date.parse("2026-09-28T05:12:00.000Z");
const at = (ms: number): string => new Date(ms).toISOString();
const VERSION = "v_20260928T051200Z_0123456789ab";
const DATASET = {
  path: "retraining_jobs/admin.1/dataset.0123456789ab",
  sha256: "0".repeat(64),
  rows: 10,
  sessions: 5,
  from: at(NOW - 1000),
  to: at(NOW),
  fingerprint: "1".repeat(64),
};
const VALIDATION = { verdict: "proceed" as const, checked: 10, valid: 10, invalid: {}, reason: "10 of 10" };

function job(differences: Partial<RetrainingJob> = {}): RetrainingJob {
  return RetrainingJob.parse({
    schema_version: 1,
    id: "admin.1",
    kind: "full",
    requested_by: "admin",
    reason: "because",
    evaluation: null,
    as_of: at(NOW),
    in_service: "rules",
    created_at: at(NOW),
    stage: "queued",
    stage_since: at(NOW),
    attempts: 0,
    lease: null,
    fence: 0,
    enqueued_at: at(NOW),
    progress: { done: 0, total: 0, message: "queued" },
    dataset: null,
    validation: null,
    units: {},
    version: null,
    result: null,
    ended_at: null,
    ...differences,
  });
}

const leased = (ms: number) => ({ holder: "a.1", expires_at: at(ms) });

describe("a job", () => {
  const moves: { name: string; from: Partial<RetrainingJob>; event: JobEvent; to: Partial<RetrainingJob> }[] = [
    {
      name: "queued is collecting once a worker has it",
      from: {},
      event: { type: "claimed", holder: "b.2", leaseSeconds: 90 },
      to: { stage: "collecting", fence: 1, attempts: 0, lease: { holder: "b.2", expires_at: at(NOW + 90_000) } },
    },
    {
      name: "taken over counts an attempt and stays where it was",
      from: { stage: "training", fence: 3, lease: leased(NOW - 1) },
      event: { type: "claimed", holder: "b.2", leaseSeconds: 90 },
      to: { stage: "training", fence: 4, attempts: 1 },
    },
    {
      name: "handed over is taken up without counting an attempt",
      from: { stage: "training", fence: 3, lease: null },
      event: { type: "claimed", holder: "b.2", leaseSeconds: 90 },
      to: { stage: "training", fence: 4, attempts: 0 },
    },
    {
      name: "renewed keeps its holder",
      from: { stage: "training", lease: leased(NOW + 5) },
      event: { type: "renewed", leaseSeconds: 90, message: "round 3" },
      to: { lease: leased(NOW + 90_000), progress: { done: 0, total: 0, message: "round 3" } },
    },
    {
      name: "that is handed over has no lease and waits for its task",
      from: { stage: "training", lease: leased(NOW + 5), enqueued_at: at(NOW - 1) },
      event: { type: "handed_over" },
      to: { stage: "training", lease: null, enqueued_at: at(NOW) },
    },
    {
      name: "keeps a note of a wish that it answers",
      from: { stage: "training" },
      event: { type: "folded", by: "age.rules.2026-09-28T05Z", reason: "age: 31 days" },
      to: { stage: "training", folded: [{ by: "age.rules.2026-09-28T05Z", reason: "age: 31 days", at: at(NOW) }] },
    },
    {
      name: "keeps one note of a wish that comes twice",
      from: { stage: "training", folded: [{ by: "age", reason: "31 days", at: at(0) }] },
      event: { type: "folded", by: "age", reason: "31 days" },
      to: { folded: [{ by: "age", reason: "31 days", at: at(0) }] },
    },
    {
      name: "collected is validating",
      from: { stage: "collecting" },
      event: { type: "collected", dataset: DATASET },
      to: { stage: "validating", dataset: DATASET },
    },
    {
      name: "validated is training",
      from: { stage: "validating" },
      event: { type: "validated", validation: VALIDATION },
      to: { stage: "training", validation: VALIDATION },
    },
    {
      name: "with data to abort on is aborted, with the reason",
      from: { stage: "validating", lease: leased(NOW + 5) },
      event: { type: "validated", validation: { ...VALIDATION, verdict: "abort", reason: "drift 0.6" } },
      to: { stage: "aborted", result: "drift 0.6", ended_at: at(NOW), lease: null },
    },
    {
      name: "keeps what units are done",
      from: { stage: "training", units: { density: "aa" } },
      event: { type: "trained", unit: "theme", sha256: "bb", total: 3 },
      to: { units: { density: "aa", theme: "bb" }, progress: { done: 2, total: 3, message: "theme is trained" } },
    },
    {
      name: "does not evaluate while a unit is missing",
      from: { stage: "training", units: { density: "aa" } },
      event: { type: "all_trained", total: 2 },
      to: { stage: "training" },
    },
    {
      name: "evaluates when all units are done",
      from: { stage: "training", units: { density: "aa" } },
      event: { type: "all_trained", total: 1 },
      to: { stage: "evaluating" },
    },
    {
      name: "chooses its version before it registers",
      from: { stage: "evaluating" },
      event: { type: "evaluated", version: VERSION },
      to: { stage: "registering", version: VERSION },
    },
    {
      name: "whose version is chosen keeps it",
      from: { stage: "registering", version: VERSION },
      event: { type: "evaluated", version: "v_20260928T051201Z_0123456789ab" },
      to: { stage: "registering", version: VERSION },
    },
    {
      name: "with a better version succeeds",
      from: { stage: "registering", version: VERSION },
      event: { type: "registered", verdict: "better", result: "better" },
      to: { stage: "succeeded", result: "better", ended_at: at(NOW) },
    },
    {
      name: "with a version that is not better is skipped, with the comparison",
      from: { stage: "registering", version: VERSION },
      event: { type: "registered", verdict: "not_better", result: "worse" },
      to: { stage: "skipped", version: VERSION, result: "worse" },
    },
    {
      name: "whose version awaits evidence succeeds: the version is kept",
      from: { stage: "registering", version: VERSION },
      event: { type: "registered", verdict: "awaiting_evidence", result: "300 hold-out sessions" },
      to: { stage: "succeeded", version: VERSION, result: "300 hold-out sessions" },
    },
    {
      name: "that has nothing to judge its version by is skipped",
      from: { stage: "registering", version: VERSION },
      event: { type: "registered", verdict: "not_enough_data", result: "no hold-out" },
      to: { stage: "skipped", version: VERSION, result: "no hold-out" },
    },
    {
      name: "that stumbles waits for another attempt",
      from: { stage: "training", lease: leased(NOW + 5), attempts: 3 },
      event: { type: "stumbled", reason: "no memory", maxAttempts: 5 },
      to: {
        stage: "training",
        lease: null,
        attempts: 4,
        progress: { done: 0, total: 0, message: "attempt 4 of 5 failed: no memory" },
      },
    },
    {
      name: "that stumbles once too often fails, with the reason",
      from: { stage: "training", lease: leased(NOW + 5), attempts: 4 },
      event: { type: "stumbled", reason: "no memory", maxAttempts: 5 },
      to: { stage: "failed", result: "failed 5 times, last while training: no memory" },
    },
  ];
  it.each(moves)("$name", ({ from, event, to }) => {
    expect(apply(job(from), event, NOW)).toMatchObject(to);
  });
});

describe("a worker that wants a job", () => {
  it.each([
    { name: "nobody has it", job: {}, action: "claim" },
    { name: "somebody is at work for another millisecond", job: { lease: leased(NOW + 1) }, action: "wait" },
    { name: "its worker's lease ends just now", job: { lease: leased(NOW) }, action: "claim" },
    { name: "four workers died of it", job: { lease: leased(NOW), attempts: 3 }, action: "claim" },
    { name: "five workers died of it", job: { lease: leased(NOW), attempts: 4 }, action: "give_up" },
    { name: "it was opened 12 hours ago", job: { created_at: at(NOW - 12 * 3_600_000) }, action: "give_up" },
    {
      name: "it was opened 12 hours ago and somebody is at work",
      job: { created_at: at(NOW - 12 * 3_600_000), lease: leased(NOW + 1) },
      action: "wait",
    },
    { name: "it is over", job: { stage: "skipped" as const }, action: "leave" },
    { name: "it waits for another", job: { waits_for: "b" }, isBlocked: true, action: "wait" },
    { name: "what it waits for is over", job: { waits_for: "b" }, isBlocked: false, action: "claim" },
    { name: "it is over and waited for another", job: { stage: "aborted" as const }, isBlocked: true, action: "leave" },
  ])("when $name, should $action", ({ job: differences, isBlocked = false, action }) => {
    expect(decideClaim(job(differences), { maxAttempts: 5, maxHours: 12, isBlocked }, NOW)).toMatchObject({ action });
  });
});

describe("the timeline of a job", () => {
  const STORY: JobEvent[] = [
    { type: "claimed", holder: "a.1", leaseSeconds: 3 },
    { type: "collected", dataset: DATASET },
    { type: "validated", validation: { ...VALIDATION, valid: 9 } },
    { type: "trained", unit: "density", sha256: "aa", total: 2 },
    { type: "trained", unit: "theme", sha256: "bb", total: 2 },
    { type: "all_trained", total: 2 },
    { type: "evaluated", version: VERSION },
    { type: "registered", verdict: "better", result: "better" },
  ];
  const told = (from: RetrainingJob) =>
    STORY.reduce((now, event, i) => apply(now, event, NOW + 1 + i), from).timeline?.map(
      ({ stage, since, ended_at, done, total }) =>
        `${stage} ${Date.parse(since) - NOW}-${Date.parse(ended_at ?? "") - NOW}: ${done} of ${total}`,
    );
  const stages = [
    "queued 0-1: 0 of 0",
    "collecting 1-2: 10 of 10",
    "validating 2-3: 9 of 10",
    "training 3-6: 2 of 2",
    "evaluating 6-7: 0 of 0",
    "registering 7-8: 0 of 0",
  ];

  it("has every stage with its times and what was done of it", () => {
    const { timeline, ...known } = queuedJob(job(), null, NOW);
    expect(told({ ...known, timeline: timeline ?? [] })).toEqual(stages);
  });

  it("of one that was opened before there was one begins where it is", () => {
    expect(told(job())).toEqual(stages);
  });
});

describe("a job that answers many wishes", () => {
  it("keeps a note of the latest 50", () => {
    let busy = job();
    for (let i = 0; i < 60; i++) busy = apply(busy, { type: "folded", by: String(i), reason: "" }, NOW);
    expect(busy.folded?.map(({ by }) => by)).toEqual(Array.from({ length: 50 }, (_, i) => String(i + 10)));
    expect(RetrainingJob.parse(busy)).toEqual(busy);
  });
});

describe("a job is overdue", () => {
  const created_at = at(NOW - 12 * 3_600_000);
  const reason = "not over 12 h after it was opened, last while training: round 3";
  const progress = { done: 0, total: 4, message: "round 3" };
  it.each([
    {
      name: "training 12 hours after it was opened",
      job: { created_at, stage: "training" as const, progress },
      reason,
    },
    { name: "a millisecond earlier", job: { created_at: at(NOW - 12 * 3_600_000 + 1) }, reason: undefined },
    { name: "over", job: { created_at, stage: "skipped" as const }, reason: undefined },
  ])("when $name: $reason", ({ job: differences, reason }) => {
    expect(overdue(job(differences), { maxHours: 12 }, NOW)).toBe(reason);
  });
});

describe("a job is stuck", () => {
  it.each([
    { name: "queued for 2 minutes", job: { enqueued_at: at(NOW - 120_000) }, stuck: true },
    { name: "queued a millisecond less", job: { enqueued_at: at(NOW - 119_999) }, stuck: false },
    { name: "never enqueued", job: { enqueued_at: null }, stuck: true },
    { name: "with a worker", job: { enqueued_at: at(0), lease: leased(NOW + 1) }, stuck: false },
    { name: "with a silent worker", job: { enqueued_at: at(0), lease: leased(NOW) }, stuck: true },
    { name: "over", job: { enqueued_at: at(0), stage: "failed" as const }, stuck: false },
  ])("when $name: $stuck", ({ job: differences, stuck }) => {
    expect(isStuck(job(differences), { queuedMinutes: 2 }, NOW)).toBe(stuck);
  });
});

const anyEvent: fc.Arbitrary<JobEvent> = fc.oneof(
  fc.constantFrom<JobEvent>(
    { type: "claimed", holder: "a.1", leaseSeconds: 3 },
    { type: "renewed", leaseSeconds: 3, message: "still here" },
    { type: "handed_over" },
    { type: "enqueued" },
    { type: "folded", by: "age", reason: "31 days" },
    { type: "collected", dataset: DATASET },
    { type: "validated", validation: VALIDATION },
    { type: "validated", validation: { ...VALIDATION, verdict: "abort" } },
    { type: "all_trained", total: 2 },
    { type: "evaluated", version: VERSION },
    { type: "registered", verdict: "better", result: "better" },
    { type: "registered", verdict: "not_better", result: "worse" },
    { type: "registered", verdict: "awaiting_evidence", result: "too few" },
    { type: "stumbled", reason: "no memory", maxAttempts: 5 },
    { type: "ended", stage: "skipped", reason: "little data" },
  ),
  fc.constantFrom("density", "theme").map((unit): JobEvent => ({ type: "trained", unit, sha256: unit, total: 2 })),
);

describe("whatever happens to a job", () => {
  const order = JobStage.options;

  it("its stage never goes back, its fence and attempts never fall, and its document stays valid", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        let before = job();
        events.forEach((event, i) => {
          const after = apply(before, event, NOW + i);
          expect(RetrainingJob.parse(after)).toEqual(after);
          expect(order.indexOf(after.stage)).toBeGreaterThanOrEqual(order.indexOf(before.stage));
          expect(after.fence).toBeGreaterThanOrEqual(before.fence);
          expect(after.attempts).toBeGreaterThanOrEqual(before.attempts);
          expect(after.lease === null || !isFinal(after)).toBe(true);
          expect(after.stage === "succeeded" && after.version === null).toBe(false);
          before = after;
        });
      }),
    );
  });

  it("final stages absorb it", () => {
    fc.assert(
      fc.property(fc.constantFrom(...order.filter((stage) => isFinal({ stage }))), anyEvent, (stage, event) => {
        const over = job({ stage, result: "over" });
        expect(apply(over, event, NOW)).toBe(over);
      }),
    );
  });
});
